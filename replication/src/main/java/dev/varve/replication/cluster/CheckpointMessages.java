package dev.varve.replication.cluster;

import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.state.ShippedCheckpoint;
import dev.varve.storage.state.ShippedCheckpoint.ShippedFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The bodies of the messages by which a checkpoint goes from one member to another: see docs/formats/raft-messages.md. */
final class CheckpointMessages {

    private static final int REFUSED = 0;
    private static final int GRANTED = 1;

    private CheckpointMessages() {}

    /**
     * A checkpoint that is held for a while, to be fetched.
     *
     * @param id by which its pieces are asked for
     */
    record Offer(long id, ShippedCheckpoint checkpoint) {}

    /**
     * Asks for a piece of a file.
     *
     * @param offer the id of the offer
     */
    record PieceRequest(long offer, FileName file, long offset, int length) {

        byte[] encode() {
            BodyWriter out = new BodyWriter(32).i64(offer);
            return put(out, file).i64(offset).i32(length).bytes();
        }

        static PieceRequest decode(byte[] body) {
            BodyReader in = new BodyReader(body);
            return new PieceRequest(in.i64(), name(in), in.i64(), in.i32());
        }
    }

    /** The other node does not do what it was asked for. */
    static final class RefusedException extends Exception {

        private static final long serialVersionUID = 1L;

        RefusedException(String words) {
            super(words);
        }
    }

    static byte[] refusal(String words) {
        return new BodyWriter(64).u8(REFUSED).text(words).bytes();
    }

    private static BodyReader granted(byte[] body) throws RefusedException {
        BodyReader in = new BodyReader(body);
        if (in.u8() != GRANTED) {
            throw new RefusedException(in.text());
        }
        return in;
    }

    static byte[] encode(Offer offer) {
        ManifestState state = offer.checkpoint().state();
        ByteBuffer edits = state.encode();
        byte[] bytes = new byte[edits.remaining()];
        edits.get(bytes);
        BodyWriter out = new BodyWriter(64 + bytes.length)
                .u8(GRANTED)
                .i64(offer.id())
                .i64(state.storeId().high())
                .i64(state.storeId().low())
                .longBytes(bytes)
                .i32(offer.checkpoint().files().size());
        for (ShippedFile file : offer.checkpoint().files()) {
            put(out, file.name()).i64(file.sizeBytes());
        }
        return out.bytes();
    }

    static Offer decodeOffer(byte[] body) throws RefusedException, CorruptionException, UnsupportedVersionException {
        BodyReader in = granted(body);
        long id = in.i64();
        StoreId storeId = new StoreId(in.i64(), in.i64());
        ManifestState state =
                ManifestState.decode(storeId, ByteBuffer.wrap(in.longBytes()), new FileName(FileKind.MANIFEST, id));
        int count = in.i32();
        List<ShippedFile> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(new ShippedFile(name(in), in.i64()));
        }
        return new Offer(id, new ShippedCheckpoint(state, files));
    }

    static byte[] piece(byte[] bytes) {
        return new BodyWriter(1 + Integer.BYTES + bytes.length)
                .u8(GRANTED)
                .longBytes(bytes)
                .bytes();
    }

    /** The bytes of a piece, where they stand in a message. */
    static ByteBuffer decodePiece(byte[] body) throws RefusedException {
        return granted(body).longSlice();
    }

    private static BodyWriter put(BodyWriter out, FileName name) {
        return out.u8(name.kind().code()).i64(name.id());
    }

    private static FileName name(BodyReader in) {
        int code = in.u8();
        long id = in.i64();
        for (FileKind kind : FileKind.values()) {
            if (kind.code() == code) {
                return new FileName(kind, id);
            }
        }
        throw new IllegalArgumentException("there is no kind of file " + code);
    }
}

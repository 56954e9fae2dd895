package dev.varve.replication.cluster;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.Condition;
import dev.varve.replication.sequencer.RequestId;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Mutation;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands and their answers as they travel between nodes: {@code docs/formats/raft-messages.md}. */
final class CommandCodec {

    private static final int EXISTS = 1;
    private static final int ABSENT = 2;
    private static final int REVISION_IS = 3;
    private static final int VALUE_IS = 4;
    private static final int PUT = 1;
    private static final int DELETE = 2;
    private static final int DELETE_RANGE = 3;
    private static final int COMMITTED = 1;
    private static final int CONDITION_FAILED = 2;
    private static final int FAILED = 3;

    private CommandCodec() {}

    /**
     * A command that is to be decided elsewhere.
     *
     * @param timeoutMillis how long it may wait there
     */
    record Forwarded(int timeoutMillis, Command command) {}

    /** How a command ended elsewhere. */
    sealed interface Answer {
        record Committed(long revision) implements Answer {}

        /**
         * One of the command's conditions did not hold.
         *
         * @param condition which one
         */
        record ConditionFailed(int condition, long currentRevision) implements Answer {}

        record Failed(StoreException failure) implements Answer {}
    }

    static byte[] encode(Forwarded forwarded) {
        List<Condition> conditions = forwarded.command().conditions();
        List<Mutation> mutations = forwarded.command().effects().mutations();
        BodyWriter out = new BodyWriter(256).i32(forwarded.timeoutMillis()).u16(conditions.size());
        for (Condition condition : conditions) {
            switch (condition) {
                case Condition.Exists exists -> out.u8(EXISTS).shortBytes(exists.key());
                case Condition.Absent absent -> out.u8(ABSENT).shortBytes(absent.key());
                case Condition.RevisionIs is ->
                    out.u8(REVISION_IS).shortBytes(is.key()).i64(is.revision());
                case Condition.ValueIs is ->
                    out.u8(VALUE_IS).shortBytes(is.key()).longBytes(is.value());
                case Condition.Unanswered _ ->
                    throw new IllegalArgumentException("the leader adds this condition itself");
            }
        }
        out.i32(mutations.size());
        for (Mutation mutation : mutations) {
            switch (mutation) {
                case Mutation.Put put -> out.u8(PUT).shortBytes(put.key()).longBytes(put.value());
                case Mutation.Delete delete -> out.u8(DELETE).shortBytes(delete.key());
                case Mutation.DeleteRange delete -> {
                    out.u8(DELETE_RANGE);
                    bound(out, delete.range().start());
                    bound(out, delete.range().end());
                }
            }
        }
        RequestId request = forwarded.command().request();
        if (request == null) {
            out.u8(0);
        } else {
            out.u8(request.origin().number()).shortBytes(request.name()).shortBytes(request.mark());
        }
        return out.bytes();
    }

    /** @throws IllegalArgumentException if the bytes are no command */
    static Forwarded decode(byte[] body) {
        BodyReader in = new BodyReader(body);
        int timeoutMillis = in.i32();
        List<Condition> conditions = new ArrayList<>();
        for (int left = in.u16(); left > 0; left--) {
            int kind = in.u8();
            byte[] key = in.shortBytes();
            conditions.add(
                    switch (kind) {
                        case EXISTS -> new Condition.Exists(key);
                        case ABSENT -> new Condition.Absent(key);
                        case REVISION_IS -> new Condition.RevisionIs(key, in.i64());
                        case VALUE_IS -> new Condition.ValueIs(key, in.longBytes());
                        default -> throw new IllegalArgumentException("there is no condition of kind " + kind);
                    });
        }
        WriteBatch effects = new WriteBatch();
        for (int left = in.i32(); left > 0; left--) {
            int kind = in.u8();
            switch (kind) {
                case PUT -> effects.put(in.shortBytes(), in.longBytes());
                case DELETE -> effects.delete(in.shortBytes());
                case DELETE_RANGE -> effects.deleteRange(new KeyRange(bound(in), bound(in)));
                default -> throw new IllegalArgumentException("there is no change of kind " + kind);
            }
        }
        return new Forwarded(timeoutMillis, new Command(conditions, effects, request(in)));
    }

    private static @Nullable RequestId request(BodyReader in) {
        int number = in.u8();
        if (number == 0) {
            return null;
        }
        RequestId.Origin origin = RequestId.Origin.of(number);
        if (origin == null) {
            throw new IllegalArgumentException("there is no name of kind " + number);
        }
        return new RequestId(origin, in.shortBytes(), in.shortBytes());
    }

    private static void bound(BodyWriter out, byte @Nullable [] key) {
        out.u8(key == null ? 0 : 1);
        if (key != null) {
            out.longBytes(key);
        }
    }

    private static byte @Nullable [] bound(BodyReader in) {
        return in.u8() == 0 ? null : in.longBytes();
    }

    static byte[] encode(Answer answer) {
        BodyWriter out = new BodyWriter(64);
        switch (answer) {
            case Answer.Committed committed -> out.u8(COMMITTED).i64(committed.revision());
            case Answer.ConditionFailed failed ->
                out.u8(CONDITION_FAILED).u16(failed.condition()).i64(failed.currentRevision());
            case Answer.Failed failed ->
                out.u8(FAILED)
                        .text(failed.failure().kind().name())
                        .text(String.valueOf(failed.failure().getMessage()));
        }
        return out.bytes();
    }

    /** @throws IllegalArgumentException if the bytes are no answer */
    static Answer decodeAnswer(byte[] body) {
        BodyReader in = new BodyReader(body);
        int kind = in.u8();
        return switch (kind) {
            case COMMITTED -> new Answer.Committed(in.i64());
            case CONDITION_FAILED -> new Answer.ConditionFailed(in.u16(), in.i64());
            case FAILED -> new Answer.Failed(new StoreException(StoreException.Kind.valueOf(in.text()), in.text()));
            default -> throw new IllegalArgumentException("there is no answer of kind " + kind);
        };
    }
}

package dev.varve.server.http;

import dev.varve.protocol.EntriesJson;
import java.nio.ByteBuffer;

/** A large value that is in memory already, as it is or as JSON. */
final class ValueSource implements BodySource {

    private final ByteBuffer value;
    private final long revision;

    private ValueSource(byte[] value, long revision) {
        this.value = ByteBuffer.wrap(value);
        this.revision = revision;
    }

    static BodySource raw(byte[] value, long revision) {
        return new ValueSource(value, revision);
    }

    static BodySource json(byte[] value, long revision) {
        EntriesJson json = new EntriesJson();
        json.value(value);
        return new BodySource() {
            @Override
            public boolean fill(ByteBuffer out) {
                return json.drain(out);
            }

            @Override
            public long revision() {
                return revision;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public boolean fill(ByteBuffer out) {
        int length = Math.min(value.remaining(), out.remaining());
        out.put(value.slice(value.position(), length));
        value.position(value.position() + length);
        return !value.hasRemaining();
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public void close() {}
}

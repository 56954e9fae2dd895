package dev.varve.cli.transfer;

import dev.varve.client.EntryJson;
import dev.varve.client.KeyValue;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** One JSON object a line, each line whole. */
final class NdjsonSink implements Sink {

    private final @Nullable PartFile file;
    private final JsonGenerator generator;

    private NdjsonSink(@Nullable PartFile file, OutputStream out) {
        this.file = file;
        this.generator = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), new KeptOpen(out));
    }

    static NdjsonSink file(PartFile file) {
        return new NdjsonSink(file, file);
    }

    static NdjsonSink stream(OutputStream out) {
        return new NdjsonSink(null, out);
    }

    /** The generator must not close the stream before the file has its name. */
    private static final class KeptOpen extends FilterOutputStream {
        KeptOpen(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    @Override
    public @Nullable String refusal(byte[] key) {
        return null;
    }

    @Override
    public void write(byte[] key, byte[] value) {
        EntryJson.write(generator, new KeyValue(key, value));
        generator.writeRaw('\n');
    }

    @Override
    public boolean keepsParts() {
        return file == null;
    }

    @Override
    public void finish() throws IOException {
        generator.flush();
        if (file != null) {
            file.finish();
        }
    }

    @Override
    public void close() throws IOException {
        generator.close();
        if (file != null) {
            file.close();
        }
    }
}

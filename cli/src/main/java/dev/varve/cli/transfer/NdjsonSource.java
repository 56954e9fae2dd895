package dev.varve.cli.transfer;

import dev.varve.cli.Failure;
import dev.varve.client.EntryJson;
import dev.varve.client.KeyValue;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/** One JSON object a line, {@code {"key":..,"value":..}}. The ordinal is the number of the line, from 0. */
final class NdjsonSource implements Source {

    private static final int BUFFER_BYTES = 256 << 10;
    /** A value of 64 MiB in base64, its key, and room. */
    private static final int LINE_BYTES_MAX = 128 << 20;

    private final String name;
    private final InputStream in;
    private final byte[] prefix;
    private final String fingerprint;
    private final long bytes;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private long next;

    private NdjsonSource(String name, InputStream in, byte[] prefix, String fingerprint, long bytes) {
        this.name = name;
        this.in = in;
        this.prefix = prefix;
        this.fingerprint = fingerprint;
        this.bytes = bytes;
    }

    static NdjsonSource file(Path file, byte[] prefix) throws IOException {
        long size = Files.size(file);
        String fingerprint =
                "lines, " + size + " bytes, " + Files.getLastModifiedTime(file).toMillis();
        return new NdjsonSource(file.toString(), Files.newInputStream(file), prefix, fingerprint, size);
    }

    /** Standard input: whether it is the same again, only the user knows. */
    static NdjsonSource stream(InputStream in, byte[] prefix) {
        return new NdjsonSource("standard input", new BufferedInputStream(in), prefix, "lines of standard input", -1);
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public @Nullable Item next() throws IOException {
        while (true) {
            byte[] line = line();
            if (line == null) {
                return null;
            }
            long ordinal = next++;
            if (!isBlank(line)) {
                return new Line(ordinal, line);
            }
        }
    }

    private static boolean isBlank(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    /** The next line without its end; null behind the last one. */
    private byte @Nullable [] line() throws IOException {
        ByteArrayOutputStream line = null;
        while (true) {
            int start = position;
            while (position < limit && buffer[position] != '\n') {
                position++;
            }
            if (line == null) {
                line = new ByteArrayOutputStream(position - start);
            }
            line.write(buffer, start, position - start);
            if (line.size() > LINE_BYTES_MAX) {
                throw new Failure(place(next) + ": the line is longer than " + LINE_BYTES_MAX + " bytes.");
            }
            if (position < limit) {
                position++;
                return line.toByteArray();
            }
            position = 0;
            limit = in.read(buffer, 0, buffer.length);
            if (limit < 0) {
                limit = 0;
                return line.size() == 0 ? null : line.toByteArray();
            }
        }
    }

    private String place(long ordinal) {
        return name + ", line " + (ordinal + 1);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** A line, parsed when its key is asked for. */
    private final class Line implements Item {
        private final long ordinal;
        private final long bytes;
        private byte @Nullable [] text;
        private @Nullable KeyValue entry;

        Line(long ordinal, byte[] text) {
            this.ordinal = ordinal;
            this.text = text;
            this.bytes = text.length + 1L;
        }

        @Override
        public long ordinal() {
            return ordinal;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        private KeyValue entry() {
            if (entry == null && text != null) {
                entry = parse(text);
                text = null;
            }
            return Objects.requireNonNull(entry);
        }

        private KeyValue parse(byte[] json) {
            try (JsonParser parser = EntryJson.FACTORY.createParser(ObjectReadContext.empty(), json)) {
                parser.nextToken();
                KeyValue parsed = EntryJson.read(parser);
                if (parser.nextToken() != null) {
                    throw new Failure(place(ordinal) + ": something follows the object.");
                }
                return new KeyValue(Prefix.add(prefix, parsed.key()), parsed.value());
            } catch (EntryJson.MalformedEntryException e) {
                throw new Failure(place(ordinal) + ": " + e.getMessage() + ".", e);
            } catch (JacksonException e) {
                throw new Failure(place(ordinal) + ": " + e.getOriginalMessage() + ".", e);
            }
        }

        @Override
        public byte[] key() {
            return entry().key();
        }

        @Override
        public byte[] value() {
            return entry().value();
        }
    }
}

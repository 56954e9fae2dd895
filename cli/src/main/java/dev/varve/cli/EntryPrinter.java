package dev.varve.cli;

import dev.varve.client.EntryJson;
import dev.varve.client.KeyValue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/**
 * Prints entries one after the other; memory holds at most the rows from which a table takes the width of its columns. For
 * one thread; {@link #close} ends the answer.
 */
abstract class EntryPrinter {

    static EntryPrinter of(Console console, OutputFormat format, boolean keysOnly) {
        return switch (format) {
            case JSON -> new Json(console.out(), keysOnly);
            case TABLE -> new Table(console, keysOnly);
            case RAW -> new Raw(console.out(), keysOnly);
        };
    }

    /** Prints one entry by itself: as an object, not an array of one. */
    static void single(Console console, OutputFormat format, KeyValue entry) throws IOException {
        if (format == OutputFormat.JSON) {
            try (JsonGenerator generator =
                    EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), new Unclosed(console.out()))) {
                EntryJson.write(generator, entry);
            }
            console.println("");
        } else {
            EntryPrinter printer = of(console, format, false);
            printer.print(entry);
            printer.close();
        }
    }

    abstract void print(KeyValue entry) throws IOException;

    abstract void close() throws IOException;

    /** A stream that outlives the generator which writes to it. */
    private static final class Unclosed extends java.io.FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() {
            // The console's stream is not ours.
        }
    }

    /** An array with one entry a line, as the server gives it. */
    private static final class Json extends EntryPrinter {
        private final JsonGenerator generator;
        private final boolean keysOnly;
        private boolean begun;

        Json(OutputStream out, boolean keysOnly) {
            this.generator = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), new Unclosed(out));
            this.keysOnly = keysOnly;
        }

        @Override
        void print(KeyValue entry) {
            generator.writeRaw(begun ? ",\n" : "[");
            begun = true;
            if (keysOnly) {
                EntryJson.writeKey(generator, entry.key());
            } else {
                EntryJson.write(generator, entry);
            }
        }

        @Override
        void close() {
            generator.writeRaw(begun ? "]\n" : "[]\n");
            generator.close();
        }
    }

    /** Key, tab, value, line end: as they are, whatever they contain. */
    private static final class Raw extends EntryPrinter {
        private final OutputStream out;
        private final boolean keysOnly;

        Raw(OutputStream out, boolean keysOnly) {
            this.out = out;
            this.keysOnly = keysOnly;
        }

        @Override
        void print(KeyValue entry) throws IOException {
            out.write(entry.key());
            if (!keysOnly) {
                out.write('\t');
                out.write(entry.value());
            }
            out.write('\n');
        }

        @Override
        void close() {}
    }

    /** Columns: key, size of the value, and as much of the value as fits. */
    private static final class Table extends EntryPrinter {
        private static final int SAMPLE_ROWS = 200;
        private static final int KEY_CHARS_MAX = 60;
        private static final int VALUE_CHARS_MAX = 60;

        private record Row(String key, String size, String value) {}

        private final Console console;
        private final boolean keysOnly;
        private final List<Row> sample = new ArrayList<>();
        private int keyWidth;

        Table(Console console, boolean keysOnly) {
            this.console = console;
            this.keysOnly = keysOnly;
        }

        @Override
        void print(KeyValue entry) throws IOException {
            Row row = new Row(
                    printable(entry.key(), Integer.MAX_VALUE),
                    Integer.toString(entry.value().length),
                    printable(entry.value(), VALUE_CHARS_MAX));
            if (keyWidth > 0) {
                print(row);
            } else {
                sample.add(row);
                if (sample.size() == SAMPLE_ROWS) {
                    printSample();
                }
            }
        }

        private void printSample() throws IOException {
            keyWidth = "KEY".length();
            for (Row row : sample) {
                keyWidth = Math.max(keyWidth, Math.min(row.key().length(), KEY_CHARS_MAX));
            }
            print(new Row("KEY", "BYTES", "VALUE"));
            for (Row row : sample) {
                print(row);
            }
            sample.clear();
        }

        private void print(Row row) throws IOException {
            console.println(
                    keysOnly
                            ? row.key()
                            : ("%-" + keyWidth + "s  %8s  %s")
                                    .formatted(row.key(), row.size(), row.value())
                                    .stripTrailing());
        }

        @Override
        void close() throws IOException {
            if (keyWidth == 0) {
                printSample();
            }
        }

        /** Text with its control characters escaped, or hex; shortened. */
        private static String printable(byte[] bytes, int charsMax) {
            int length = (int) Math.min(bytes.length, 4L * charsMax);
            byte[] head = java.util.Arrays.copyOf(bytes, length);
            String text = EntryJson.utf8(bytes) == null
                    ? "0x" + HexFormat.of().formatHex(head)
                    : escape(new String(head, StandardCharsets.UTF_8));
            return text.length() <= charsMax ? text : text.substring(0, charsMax) + "...";
        }

        private static String escape(String text) {
            StringBuilder escaped = new StringBuilder(text.length());
            text.codePoints().forEach(c -> {
                switch (c) {
                    case '\n' -> escaped.append("\\n");
                    case '\r' -> escaped.append("\\r");
                    case '\t' -> escaped.append("\\t");
                    case '\\' -> escaped.append("\\\\");
                    default -> {
                        if (Character.isISOControl(c)) {
                            escaped.append("\\x%02x".formatted(c));
                        } else {
                            escaped.appendCodePoint(c);
                        }
                    }
                }
            });
            return escaped.toString();
        }
    }
}

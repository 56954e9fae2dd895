package dev.varve.client;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Entries as JSON objects: {@code {"key":"a","value":"b"}}, where bytes that are not valid UTF-8 stand in base64 under
 * {@code key64} or {@code value64} instead.
 */
public final class EntryJson {

    /** For every parser and generator of the client. A value of 64 MiB in base64 is a string of 90 M characters. */
    public static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(128 << 20)
                    .maxNameLength(64 << 20)
                    .build())
            .rootValueSeparator("")
            .build();

    private EntryJson() {}

    /** Text that is no entry: what is wrong with it. */
    public static final class MalformedEntryException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedEntryException(String message) {
            super(message);
        }
    }

    /** Writes one entry as an object, without anything around it. */
    public static void write(JsonGenerator generator, KeyValue entry) {
        generator.writeStartObject();
        writeBytes(generator, "key", "key64", entry.key());
        writeBytes(generator, "value", "value64", entry.value());
        generator.writeEndObject();
    }

    /** Writes an object with the key alone. */
    public static void writeKey(JsonGenerator generator, byte[] key) {
        generator.writeStartObject();
        writeBytes(generator, "key", "key64", key);
        generator.writeEndObject();
    }

    private static void writeBytes(JsonGenerator generator, String name, String name64, byte[] bytes) {
        String text = utf8(bytes);
        if (text != null) {
            generator.writeStringProperty(name, text);
        } else {
            generator.writeStringProperty(name64, Base64.getEncoder().encodeToString(bytes));
        }
    }

    /**
     * Reads one entry. The parser stands on the object's opening brace and then on its closing one.
     *
     * @throws tools.jackson.core.JacksonException if the text is no JSON, or ends early
     */
    public static KeyValue read(JsonParser parser) throws MalformedEntryException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new MalformedEntryException("expected an object with \"key\" and \"value\"");
        }
        byte[] key = null;
        byte[] value = null;
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw new MalformedEntryException("\"" + name + "\" is no string");
            }
            boolean isKey = name.equals("key") || name.equals("key64");
            if (!isKey && !name.equals("value") && !name.equals("value64")) {
                throw new MalformedEntryException("unknown property \"" + name + "\"");
            }
            if ((isKey ? key : value) != null) {
                throw new MalformedEntryException("\"" + name + "\" comes twice");
            }
            byte[] bytes = name.endsWith("64") ? base64(name, parser.getString()) : bytes(name, parser.getString());
            if (isKey) {
                key = bytes;
            } else {
                value = bytes;
            }
        }
        if (key == null || value == null) {
            throw new MalformedEntryException("the " + (key == null ? "key" : "value") + " is missing");
        }
        if (key.length == 0) {
            throw new MalformedEntryException("the key is empty");
        }
        return new KeyValue(key, value);
    }

    private static byte[] base64(String name, String text) throws MalformedEntryException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedEntryException("\"" + name + "\" is no base64: " + e.getMessage());
        }
    }

    private static byte[] bytes(String name, String text) throws MalformedEntryException {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new MalformedEntryException("\"" + name + "\" holds half of a surrogate pair");
        }
    }

    /** The text of valid UTF-8; null for other bytes. */
    public static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}

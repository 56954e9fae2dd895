package dev.varve.protocol;

import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the body of {@code /batchput}: one JSON object in UTF-8 whose members are all strings, and nothing else. Refused
 * are duplicate names, empty names, lone surrogates, and anything behind the object, because a client that sends one of
 * them does not mean what would be stored.
 */
public final class BatchPutJson {

    /** Told of each member in the order of the object. May throw a {@link ProblemException} to refuse it. */
    @FunctionalInterface
    public interface Sink {
        /** One key with its value; the arrays belong to the receiver. */
        void put(byte[] key, byte[] value);
    }

    private static final String REMEDY =
            "Send one JSON object whose names are keys and whose values are strings, such as "
                    + "{\"key\":\"value\"}; nothing was stored.";
    private static final JsonFactory FACTORY = JsonFactory.builder()
            // Keys of strangers must not fill a table that outlives the request.
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(2)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final Sink sink;
    private final Set<String> names = new HashSet<>();
    private final CharsetEncoder encoder = StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);

    private BatchPutJson(Sink sink) {
        this.sink = sink;
    }

    /**
     * Reads a body and tells the sink of each member. If it throws, the sink has been told of some members, none of which
     * may be stored.
     *
     * @throws ProblemException if the body is not such an object
     */
    public static void parse(byte[] body, int length, Sink sink) {
        if (!Utf8.isValid(body, 0, length)) {
            throw malformed("The body is not UTF-8.");
        }
        // Characters are handed over, not bytes: of bytes the parser would guess the encoding.
        Reader characters = new InputStreamReader(new ByteArrayInputStream(body, 0, length), StandardCharsets.UTF_8);
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), characters)) {
            new BatchPutJson(sink).parse(parser);
        } catch (JacksonException e) {
            throw malformed("The body is not JSON: " + e.getOriginalMessage() + " (at character "
                    + e.getLocation().getCharOffset() + ")");
        }
    }

    private void parse(JsonParser parser) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw malformed("The body is not a JSON object.");
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw malformed("The value of \"" + shown(name) + "\" is not a string.");
            }
            if (name.isEmpty()) {
                throw malformed("A name is empty, but a key has at least one byte.");
            }
            if (!names.add(name)) {
                throw malformed("The name \"" + shown(name) + "\" stands there more than once.");
            }
            sink.put(encode(name, name), encode(parser.getString(), name));
        }
        if (parser.nextToken() != null) {
            throw malformed("Something follows the JSON object.");
        }
    }

    private byte[] encode(String text, String name) {
        try {
            ByteBuffer bytes = encoder.encode(CharBuffer.wrap(text));
            byte[] exact = new byte[bytes.remaining()];
            bytes.get(exact);
            return exact;
        } catch (CharacterCodingException e) {
            throw malformed("The member \"" + shown(name) + "\" has half of a surrogate pair.");
        }
    }

    private static String shown(String name) {
        return name.length() <= 40 ? name : name.substring(0, 40) + "...";
    }

    private static ProblemException malformed(String detail) {
        return new ProblemException(ErrorCode.MALFORMED_BODY, detail, REMEDY);
    }
}

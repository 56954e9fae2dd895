package dev.varve.client;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * What the server says about an error, as {@code application/problem+json} (RFC 9457). All parts may be empty: a proxy on
 * the way answers with whatever it likes.
 *
 * @param code the stable name of the error
 * @param title the error in a few words
 * @param detail a sentence on this very occurrence
 * @param remedy what to do about it
 */
record Problem(String code, String title, String detail, String remedy) {

    private static final int SHOWN_CHARS_MAX = 300;

    /** Reads the body of an error's answer; one that is no such object becomes the title. */
    static Problem parse(int status, byte[] body) {
        String code = "";
        String title = "";
        String detail = "";
        String remedy = "";
        try (JsonParser parser = EntryJson.FACTORY.createParser(ObjectReadContext.empty(), body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return unstructured(status, body);
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (value != JsonToken.VALUE_STRING) {
                    parser.skipChildren();
                    continue;
                }
                switch (name) {
                    case "code" -> code = parser.getString();
                    case "title" -> title = parser.getString();
                    case "detail" -> detail = parser.getString();
                    case "remedy" -> remedy = parser.getString();
                    default -> {}
                }
            }
        } catch (JacksonException noJson) {
            return unstructured(status, body);
        }
        return title.isEmpty() && detail.isEmpty()
                ? new Problem(code, "the server answered with status " + status, "", remedy)
                : new Problem(code, title, detail, remedy);
    }

    private static Problem unstructured(int status, byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        if (text.length() > SHOWN_CHARS_MAX) {
            text = text.substring(0, SHOWN_CHARS_MAX) + "...";
        }
        return new Problem("", "the server answered with status " + status, text, "");
    }

    /** All of it in one line. */
    String message() {
        StringBuilder message = new StringBuilder(detail.isEmpty() ? title : detail);
        if (code.isEmpty() && !detail.isEmpty()) {
            message.insert(0, title + ": ");
        }
        if (!remedy.isEmpty()) {
            if (!message.isEmpty() && ".!?".indexOf(message.charAt(message.length() - 1)) < 0) {
                message.append('.');
            }
            message.append(' ').append(remedy);
        }
        return message.toString();
    }
}

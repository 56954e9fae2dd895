package dev.varve.protocol;

/** Text in JSON that is put together by hand. */
public final class JsonText {

    private JsonText() {}

    /** Appends a text in quotation marks. */
    public static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20 || Character.isSurrogate(c)) {
                // An escaped surrogate pair is valid JSON, and a lone one cannot be written otherwise.
                json.append("\\u%04x".formatted((int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }
}

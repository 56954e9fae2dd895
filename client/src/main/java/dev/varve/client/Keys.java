package dev.varve.client;

import java.util.HexFormat;

/** Keys as people read them. */
public final class Keys {

    private static final int SHOWN_CHARS_MAX = 120;

    private Keys() {}

    /** The key in quotes if it is text without control characters, otherwise in hex; a long one is shortened. */
    public static String show(byte[] key) {
        String text = EntryJson.utf8(key);
        if (text == null || text.codePoints().anyMatch(Character::isISOControl)) {
            return shorten("0x" + HexFormat.of().formatHex(key));
        }
        return '\'' + shorten(text) + '\'';
    }

    private static String shorten(String text) {
        return text.length() <= SHOWN_CHARS_MAX ? text : text.substring(0, SHOWN_CHARS_MAX) + "...";
    }
}

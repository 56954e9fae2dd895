package dev.varve.cli;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/** How keys are written on the command line. */
public enum KeyEncoding {
    /** As text. */
    UTF8,
    /** Two hexadecimal digits a byte. */
    HEX,
    /** Base64 of RFC 4648, with or without padding. */
    BASE64;

    /**
     * The bytes of a key.
     *
     * @throws Usage if the text is not in this encoding, or is empty
     */
    public byte[] decode(String text) {
        if (text.isEmpty()) {
            throw new Usage("A key has at least one byte.");
        }
        if (this == UTF8 && text.indexOf('\uFFFD') >= 0) {
            throw new Usage("The key '" + text + "' was not readable in this locale."
                    + " Set LANG=C.UTF-8, or give the key with --key-encoding hex.");
        }
        try {
            return switch (this) {
                case UTF8 -> text.getBytes(StandardCharsets.UTF_8);
                case HEX -> HexFormat.of().parseHex(text);
                case BASE64 -> Base64.getDecoder().decode(text);
            };
        } catch (IllegalArgumentException e) {
            throw new Usage("The key '" + text + "' is not in the encoding " + this + ": " + e.getMessage());
        }
    }
}

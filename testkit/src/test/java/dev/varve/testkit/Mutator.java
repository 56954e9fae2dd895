package dev.varve.testkit;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Damages bytes in the ways in which devices, drivers and people do. */
final class Mutator {

    private static final int[] INTERESTING = {0, 1, -1, 0x7f, 0xff, 0x7fff, 0xffff, Integer.MAX_VALUE, Integer.MIN_VALUE
    };

    private final RandomGenerator random;

    Mutator(RandomGenerator random) {
        this.random = random;
    }

    /** A damaged copy; may be equal by chance. */
    byte[] mutate(byte[] original) {
        if (original.length == 0) {
            return new byte[1 + random.nextInt(10)];
        }
        byte[] bytes = original.clone();
        return switch (random.nextInt(8)) {
            case 0 -> flip(bytes);
            case 1 -> overwrite(bytes);
            case 2 -> fill(bytes, (byte) (random.nextBoolean() ? 0 : 0xff));
            case 3 -> copyWithin(bytes);
            case 4 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 5 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(1_000));
            case 6 -> number(bytes);
            default -> swapSectors(bytes);
        };
    }

    private byte[] flip(byte[] bytes) {
        for (int i = random.nextInt(4); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    private byte[] overwrite(byte[] bytes) {
        byte[] noise = new byte[Math.min(bytes.length, 1 + random.nextInt(64))];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, bytes, random.nextInt(bytes.length - noise.length + 1), noise.length);
        return bytes;
    }

    private byte[] fill(byte[] bytes, byte value) {
        int from = random.nextInt(bytes.length);
        Arrays.fill(bytes, from, from + 1 + random.nextInt(Math.min(1_024, bytes.length - from)), value);
        return bytes;
    }

    private byte[] copyWithin(byte[] bytes) {
        int length = 1 + random.nextInt(Math.min(1_024, bytes.length));
        int from = random.nextInt(bytes.length - length + 1);
        System.arraycopy(bytes, from, bytes, random.nextInt(bytes.length - length + 1), length);
        return bytes;
    }

    private byte[] number(byte[] bytes) {
        int value = INTERESTING[random.nextInt(INTERESTING.length)];
        int at = random.nextInt(bytes.length);
        for (int i = 0; i < 4 && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> (8 * i));
        }
        return bytes;
    }

    private byte[] swapSectors(byte[] bytes) {
        int sector = Math.min(512, bytes.length / 2);
        int a = random.nextInt(bytes.length / Math.max(1, sector)) * sector;
        int b = random.nextInt(bytes.length / Math.max(1, sector)) * sector;
        byte[] kept = Arrays.copyOfRange(bytes, a, a + sector);
        System.arraycopy(bytes, b, bytes, a, sector);
        System.arraycopy(kept, 0, bytes, b, sector);
        return bytes;
    }
}

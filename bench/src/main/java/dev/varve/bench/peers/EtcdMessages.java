package dev.varve.bench.peers;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The few messages of etcd's version 3 API that are sent, in the encoding of Protocol Buffers: {@code PutRequest} (key 1, value
 * 2), {@code RangeRequest} (key 1, range_end 2, limit 3), {@code TxnRequest} (success 2) of {@code RequestOp} (request_put 2).
 */
final class EtcdMessages {

    private static final int LENGTH_DELIMITED = 2;
    private static final int VARINT = 0;

    private EtcdMessages() {}

    /** The path of the method that an operation calls. */
    static String method(Operation operation) {
        return "/etcdserverpb.KV/"
                + switch (operation) {
                    case PUT -> "Put";
                    case GET, RANGE -> "Range";
                    case BATCH -> "Txn";
                };
    }

    /** A request for the first keys. */
    static byte[] request(Workload workload) {
        return switch (workload.operation()) {
            case PUT -> put(0, workload.valueBytes());
            case GET -> field(1, KeySpace.key(0));
            case RANGE -> range();
            case BATCH -> {
                ByteArrayOutputStream puts = new ByteArrayOutputStream();
                for (int i = 0; i < KeySpace.GROUP_KEYS; i++) {
                    puts.writeBytes(field(2, field(2, put(i, workload.valueBytes()))));
                }
                yield puts.toByteArray();
            }
        };
    }

    private static byte[] put(int number, int valueBytes) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(field(1, KeySpace.key(number)));
        message.writeBytes(field(2, KeySpace.value(number, valueBytes)));
        return message.toByteArray();
    }

    private static byte[] range() {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(field(1, KeySpace.key(0)));
        message.writeBytes(field(2, KeySpace.key(KeySpace.GROUP_KEYS)));
        varint(message, (3 << 3) | VARINT);
        varint(message, KeySpace.GROUP_KEYS);
        return message.toByteArray();
    }

    private static byte[] field(int number, String text) {
        return field(number, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] field(int number, byte[] content) {
        ByteArrayOutputStream field = new ByteArrayOutputStream();
        varint(field, (number << 3) | LENGTH_DELIMITED);
        varint(field, content.length);
        field.writeBytes(content);
        return field.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest >= 0x80) {
            out.write((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }

    /** A message as gRPC frames it: not compressed, length, message. */
    static byte[] framed(byte[] message) {
        return ByteBuffer.allocate(5 + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }
}

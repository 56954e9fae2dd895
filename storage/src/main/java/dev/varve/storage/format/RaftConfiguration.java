package dev.varve.storage.format;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The members of a Raft group, as they stand in the opaque frame of a configuration entry: four lists, each
 * {@code varint count, (varint length, UTF-8 name)*}: voters, voters of the configuration being left (empty outside a change),
 * learners, learners of the configuration being left. What follows is ignored.
 *
 * @param voters names of the voting nodes
 * @param oldVoters names of those of the configuration being left
 * @param learners names of the nodes that only follow
 * @param oldLearners names of those of the configuration being left
 */
public record RaftConfiguration(
        List<String> voters, List<String> oldVoters, List<String> learners, List<String> oldLearners) {

    private static final int MAX_NODES = 1000;
    private static final int MAX_NAME_BYTES = 512;

    /** @throws IllegalArgumentException if there are more than 1,000 names in a list, or one has more than 512 bytes of UTF-8 */
    public RaftConfiguration {
        voters = checked(voters);
        oldVoters = checked(oldVoters);
        learners = checked(learners);
        oldLearners = checked(oldLearners);
    }

    private static List<String> checked(List<String> names) {
        if (names.size() > MAX_NODES) {
            throw new IllegalArgumentException(
                    "a configuration names " + names.size() + " nodes, at most " + MAX_NODES + " are possible");
        }
        for (String name : names) {
            int bytes = name.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_NAME_BYTES) {
                throw new IllegalArgumentException(
                        "a node's name has " + bytes + " bytes, at most " + MAX_NAME_BYTES + " are possible");
            }
        }
        return List.copyOf(names);
    }

    /** The group that consists of one node. */
    public static RaftConfiguration alone(String node) {
        return new RaftConfiguration(List.of(node), List.of(), List.of(), List.of());
    }

    /** The payload of a configuration entry. */
    public FrameEncoder toFrame() {
        List<byte[]> names = new ArrayList<>();
        int size = 40;
        for (List<String> list : List.of(voters, oldVoters, learners, oldLearners)) {
            for (String name : list) {
                byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
                names.add(bytes);
                size += 5 + bytes.length;
            }
        }
        ByteBuffer body = ByteBuffer.allocate(size);
        int next = 0;
        for (List<String> list : List.of(voters, oldVoters, learners, oldLearners)) {
            VarInt.put(body, list.size());
            for (int i = 0; i < list.size(); i++) {
                byte[] bytes = names.get(next++);
                VarInt.put(body, bytes.length);
                body.put(bytes);
            }
        }
        byte[] value = new byte[body.position()];
        body.flip().get(value);
        return new FrameEncoder(size).add(FrameKind.OPAQUE, false, Frames.SYSTEM, new byte[0], value);
    }

    /** Reads the payload of a configuration entry, whose checksum is plain. */
    public static RaftConfiguration fromFrame(ByteBuffer payload)
            throws CorruptionException, UnsupportedVersionException {
        FrameCursor frame = FrameCursor.plain(payload);
        if (!frame.next() || frame.kind() != FrameKind.OPAQUE) {
            throw new CorruptionException("a configuration entry", 0, "it does not hold a configuration");
        }
        try {
            ByteBuffer body = ByteBuffer.wrap(frame.value());
            return new RaftConfiguration(names(body), names(body), names(body), names(body));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new CorruptionException("a configuration entry", 0, "it is not well formed: " + e.getMessage());
        }
    }

    private static List<String> names(ByteBuffer body) {
        int count = VarInt.getInt(body, MAX_NODES);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] bytes = new byte[VarInt.getInt(body, MAX_NAME_BYTES)];
            body.get(bytes);
            names.add(new String(bytes, StandardCharsets.UTF_8));
        }
        return names;
    }
}

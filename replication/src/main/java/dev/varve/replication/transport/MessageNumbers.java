package dev.varve.replication.transport;

import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.PingRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowResponse;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The messages that frames may carry, by number. Numbers never change; a retired one is not given again. */
final class MessageNumbers {

    /** The message with number n stands at n - 1. */
    private static final List<Message> PROTOTYPES = List.of(
            PingRequest.getDefaultInstance(),
            ErrorResponse.getDefaultInstance(),
            AppendEntriesRequest.getDefaultInstance(),
            AppendEntriesResponse.getDefaultInstance(),
            RequestVoteRequest.getDefaultInstance(),
            RequestVoteResponse.getDefaultInstance(),
            TimeoutNowRequest.getDefaultInstance(),
            TimeoutNowResponse.getDefaultInstance(),
            ReadIndexRequest.getDefaultInstance(),
            ReadIndexResponse.getDefaultInstance(),
            InstallSnapshotRequest.getDefaultInstance(),
            InstallSnapshotResponse.getDefaultInstance());

    /** From here on messages are our own, of which this class knows no more. */
    static final int FIRST_OWN = 64;

    private static final Map<Class<?>, Integer> NUMBERS = new HashMap<>();

    static {
        for (int i = 0; i < PROTOTYPES.size(); i++) {
            NUMBERS.put(PROTOTYPES.get(i).getClass(), i + 1);
        }
    }

    private MessageNumbers() {}

    /**
     * The number of a message.
     *
     * @throws IllegalArgumentException if it has none
     */
    static int of(Message message) {
        Integer number = NUMBERS.get(message.getClass());
        if (number == null) {
            throw new IllegalArgumentException("messages of " + message.getClass() + " are not sent between nodes");
        }
        return number;
    }

    /**
     * Parses the body of a frame that is a message of JRaft's.
     *
     * @throws InvalidProtocolBufferException if there is no message of this number, or the body is not one
     */
    static Message parse(Frame frame) throws InvalidProtocolBufferException {
        if (frame.message() < 1 || frame.message() > PROTOTYPES.size()) {
            throw new InvalidProtocolBufferException("there is no message with number " + frame.message());
        }
        // Nobody else holds the body: the message may keep the bytes of log entries where they are.
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(frame.body()).newCodedInput();
        in.enableAliasing(true);
        Message message = PROTOTYPES.get(frame.message() - 1).getParserForType().parseFrom(in);
        in.checkLastTagWas(0);
        return message;
    }
}

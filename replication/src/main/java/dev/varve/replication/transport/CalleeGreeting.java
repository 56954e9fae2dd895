package dev.varve.replication.transport;

import com.google.protobuf.ByteString;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the callee of a connection demands to hear before anything else: frames in, frames out. A caller that has not proven who it is
 * learns nothing but what it must prove. Done when {@link #caller} is there. For one thread at a time.
 */
final class CalleeGreeting {

    private final TransportIdentity self;
    private final TransportSecurity security;
    private ByteString challenge = ByteString.EMPTY;

    /** What was said, and is not proven yet. */
    private @Nullable Hello said;

    private @Nullable Hello caller;

    CalleeGreeting(TransportIdentity self, TransportSecurity security) {
        this.self = self;
        this.security = security;
    }

    /**
     * Takes a frame of the caller.
     *
     * @param certified the names for which its certificate is valid; null if it has shown none
     * @return the body of a challenge, to be sent; null if there is none
     */
    byte @Nullable [] next(Frame frame, @Nullable Set<String> certified) throws GreetingException {
        Hello before = said;
        ClusterSecret secret = security.secret();
        if (before == null) {
            Hello hello = greeted(frame, certified);
            said = hello;
            if (secret != null) {
                challenge = security.nonce();
                return challenge.toByteArray();
            }
            admit(hello);
        } else {
            if (secret == null || caller != null || frame.kind() != FrameKind.PROOF) {
                throw new GreetingException("a node that calls waits for the answer to its hello");
            }
            if (!secret.isProven(
                    ByteString.copyFrom(frame.body()), ClusterSecret.Side.CALLER, before, challenge, before)) {
                throw new GreetingException("node '" + before.from() + "' has another cluster secret than node '"
                        + before.to() + "' (--cluster-secret-file)");
            }
            admit(before);
        }
        return null;
    }

    private Hello greeted(Frame frame, @Nullable Set<String> certified) throws GreetingException {
        Hello hello = frame.kind() == FrameKind.HELLO ? Hello.decode(frame.body()) : null;
        if (hello == null) {
            throw new GreetingException("the first frame of a connection must be a hello");
        }
        String trouble = hello.versionTrouble();
        if (trouble != null) {
            throw new GreetingException(trouble);
        }
        if (security.secret() == null && !hello.token().isEmpty()) {
            throw new GreetingException("node '" + hello.from() + "' has a cluster secret, and node '" + hello.to()
                    + "' has none: give both the same --cluster-secret-file");
        }
        if (security.secret() != null && hello.token().size() != ClusterSecret.BYTES) {
            throw new GreetingException("node '" + hello.to() + "' demands the cluster's secret, and node '"
                    + hello.from() + "' has none: give both the same --cluster-secret-file");
        }
        security.checkCertificate(hello.from(), certified);
        return hello;
    }

    private void admit(Hello hello) throws GreetingException {
        String refusal = hello.refusal(self);
        if (refusal != null) {
            throw new GreetingException(refusal);
        }
        caller = hello;
    }

    /** The hello of the caller, which is who it says it is; null as long as that is not certain. */
    @Nullable
    Hello caller() {
        return caller;
    }

    /** The body of the hello that answers the {@link #caller}'s. */
    byte[] answer() {
        Hello to = caller;
        if (to == null) {
            throw new IllegalStateException("the caller has not proven who it is");
        }
        Hello hello = new Hello(self.cluster(), self.node(), to.from());
        ClusterSecret secret = security.secret();
        return (secret == null ? hello : hello.withToken(secret.proof(ClusterSecret.Side.CALLEE, to, challenge, hello)))
                .encode();
    }
}

package dev.varve.replication.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The certificate and key of a node, and the authority that must have signed those of all others. Both sides of a connection show their
 * certificates (TLS 1.3); that one is this or that node's is checked by {@link TransportSecurity#checkCertificate}, since nodes are known by
 * names and not by where they are. Thread-safe.
 */
public final class TlsCredentials {

    private static final String PROTOCOL = "TLSv1.3";
    private static final int DNS_NAME = 2;
    private static final int HANDSHAKE_STEPS_MAX = 100;

    private final SslContext callee;
    private final SslContext caller;

    private TlsCredentials(SslContext callee, SslContext caller) {
        this.callee = callee;
        this.caller = caller;
    }

    /**
     * Reads them, all in PEM.
     *
     * @param node the name of this node, which its certificate must have
     * @param certificate of the node, behind it those between it and the authority
     * @param key of the node: PKCS#8, without a password
     * @param authority the certificates of those who may sign
     * @throws IOException if one of them is not what it should be; the message says which
     */
    public static TlsCredentials of(String node, String certificate, String key, String authority) throws IOException {
        Set<String> names = names(parse(certificate));
        if (!names.contains(node)) {
            throw new IOException("the certificate of --raft-tls-cert is one for " + names + ", not for this node, '"
                    + node + "' (--node-id): its subject alternative names (DNS) or its common name must be that");
        }
        try {
            SslContextBuilder forCallee = SslContextBuilder.forServer(stream(certificate), stream(key));
            SslContextBuilder forCaller = SslContextBuilder.forClient().keyManager(stream(certificate), stream(key));
            TlsCredentials credentials = new TlsCredentials(
                    trusting(forCallee, authority)
                            .clientAuth(ClientAuth.REQUIRE)
                            .build(),
                    // A peer's name is looked for in its certificate by ourselves, and is no host's.
                    trusting(forCaller, authority)
                            .endpointIdentificationAlgorithm(null)
                            .build());
            credentials.tryOut();
            return credentials;
        } catch (IllegalArgumentException | SSLException e) {
            throw new IOException(
                    "the files of --raft-tls-cert, --raft-tls-key (PEM: PKCS#8, without a password) and --raft-tls-ca do not fit"
                            + " together: " + e.getMessage(),
                    e);
        }
    }

    /** Has the node talk to itself, so that a key of another certificate or an unsigned one is noticed before others notice it. */
    private void tryOut() throws SSLException {
        SSLEngine calls = caller.newEngine(UnpooledByteBufAllocator.DEFAULT);
        SSLEngine answers = callee.newEngine(UnpooledByteBufAllocator.DEFAULT);
        int bytes = 4 * calls.getSession().getPacketBufferSize();
        ByteBuffer toCallee = ByteBuffer.allocate(bytes);
        ByteBuffer toCaller = ByteBuffer.allocate(bytes);
        calls.beginHandshake();
        answers.beginHandshake();
        for (int step = 0; step < HANDSHAKE_STEPS_MAX && !(isDone(calls) && isDone(answers)); step++) {
            step(calls, toCaller, toCallee);
            step(answers, toCallee, toCaller);
        }
        if (!isDone(calls) || !isDone(answers)) {
            throw new SSLException("a handshake of the node with itself does not come to its end");
        }
    }

    private static boolean isDone(SSLEngine engine) {
        return engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        switch (engine.getHandshakeStatus()) {
            case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                in.flip();
                engine.unwrap(in, ByteBuffer.allocate(in.capacity()));
                in.compact();
            }
            case NEED_TASK -> {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            }
            case FINISHED, NOT_HANDSHAKING -> {}
        }
    }

    private static SslContextBuilder trusting(SslContextBuilder builder, String authority) throws IOException {
        try {
            return builder.trustManager(stream(authority))
                    .sslProvider(SslProvider.JDK)
                    .protocols(PROTOCOL);
        } catch (IllegalArgumentException e) {
            throw new IOException("there is no certificate in the file of --raft-tls-ca: " + e.getMessage(), e);
        }
    }

    private static Certificate parse(String pem) throws IOException {
        try {
            return CertificateFactory.getInstance("X.509").generateCertificate(stream(pem));
        } catch (CertificateException e) {
            throw new IOException("there is no certificate in the file of --raft-tls-cert: " + e.getMessage(), e);
        }
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The handler for a connection that this node makes or takes. */
    SslHandler handler(ByteBufAllocator allocator, boolean calls) {
        return (calls ? caller : callee).newHandler(allocator);
    }

    /** A socket over one that is connected; the other side has shown its certificate when this returns. Blocks. */
    SSLSocket connect(Socket socket) throws IOException {
        SSLSocket secured = (SSLSocket) ((JdkSslContext) caller)
                .context()
                .getSocketFactory()
                .createSocket(socket, socket.getInetAddress().getHostAddress(), socket.getPort(), true);
        secured.setEnabledProtocols(new String[] {PROTOCOL});
        secured.startHandshake();
        return secured;
    }

    /** The names for which the certificate of a connection's other side is valid; null without TLS. */
    static @Nullable Set<String> names(Channel channel) {
        SslHandler handler = channel.pipeline().get(SslHandler.class);
        return handler == null ? null : names(handler.engine().getSession());
    }

    /** The names for which the certificate of the other side is valid; none if it has shown none. */
    static Set<String> names(SSLSession session) {
        try {
            return names(session.getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException e) {
            return Set.of();
        }
    }

    private static Set<String> names(Certificate certificate) {
        Set<String> names = new TreeSet<>();
        if (certificate instanceof X509Certificate known) {
            try {
                addAlternatives(known, names);
                addCommonNames(known, names);
            } catch (CertificateParsingException | InvalidNameException e) {
                return Set.of(); // It names nobody.
            }
        }
        return names;
    }

    private static void addAlternatives(X509Certificate certificate, Set<String> names)
            throws CertificateParsingException {
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            alternatives.stream()
                    .filter(name -> name.getFirst().equals(DNS_NAME))
                    .forEach(name -> names.add(String.valueOf(name.get(1))));
        }
    }

    private static void addCommonNames(X509Certificate certificate, Set<String> names) throws InvalidNameException {
        for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
            if (part.getType().equalsIgnoreCase("CN")) {
                names.add(String.valueOf(part.getValue()));
            }
        }
    }

    /** What it means that a connection failed so; null if it has nothing to do with TLS. */
    static @Nullable String words(Throwable failure) {
        Throwable cause =
                failure instanceof DecoderException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof NotSslRecordException) {
            return "this node speaks TLS, the other side does not: give all nodes --raft-tls-cert, or none";
        }
        if (cause instanceof SSLException) {
            return "the TLS handshake failed: " + cause.getMessage()
                    + ": are both nodes given --raft-tls-cert, signed by the authority of --raft-tls-ca?";
        }
        if (cause instanceof ClosedChannelException) {
            return "the other side ended the TLS handshake: give all nodes --raft-tls-cert, or none";
        }
        return null;
    }
}

package dev.varve.replication.transport;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.util.Random;

/** Signs certificates for tests. */
final class Authority {

    private final X509Bundle self;

    Authority() throws Exception {
        self = new CertificateBuilder()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    /** The certificate by which its signatures are known. */
    String certificate() {
        return self.getCertificatePEM();
    }

    /** A certificate and its key for a node, under its common name. */
    X509Bundle sign(String node) throws Exception {
        return new CertificateBuilder().subject("CN=" + node + ",O=Varve").buildIssuedBy(self);
    }

    /** The same under alternative names, and no common one that helps. */
    X509Bundle signAlternatives(String... nodes) throws Exception {
        CertificateBuilder builder = new CertificateBuilder().subject("CN=nodes of a cluster");
        for (String node : nodes) {
            builder.addSanDnsName(node);
        }
        return builder.buildIssuedBy(self);
    }

    /** What a node is given that has a certificate of this authority, and trusts it and another one. */
    TransportSecurity trusting(Authority other, String node, X509Bundle bundle) throws Exception {
        return TransportSecurity.of(
                null,
                TlsCredentials.of(
                        node,
                        bundle.getCertificatePathPEM(),
                        bundle.getPrivateKeyPEM(),
                        certificate() + other.certificate()),
                new Random(1));
    }

    /** What a node is given. */
    TransportSecurity of(String node) throws Exception {
        return trusting(this, node, sign(node));
    }
}

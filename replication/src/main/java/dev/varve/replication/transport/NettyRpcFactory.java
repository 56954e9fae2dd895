package dev.varve.replication.transport;

import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.RaftRpcFactory;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.SPI;
import org.jspecify.annotations.Nullable;

/**
 * JRaft's door to our transport, found as a service ({@code META-INF/services}) and preferred to JRaft's own by its
 * priority. There is one for the whole process; which node's transport a client belongs to comes with the node's options.
 */
@SPI(name = "varve", priority = 10)
public final class NettyRpcFactory implements RaftRpcFactory {

    /** Made by JRaft. */
    public NettyRpcFactory() {}

    /** Does nothing: which messages are sent, and under which number, is fixed ({@code docs/formats/raft-messages.md}). */
    @Override
    public void registerProtobufSerializer(String className, Object... arguments) {}

    @Override
    public RpcClient createRpcClient(@Nullable ConfigHelper<RpcClient> helper) {
        NettyRpcClient client = new NettyRpcClient();
        if (helper != null) {
            helper.config(client);
        }
        return client;
    }

    /**
     * Not offered: a node's server belongs to its transport.
     *
     * @see RaftTransport#server
     */
    @Override
    public RpcServer createRpcServer(Endpoint endpoint, @Nullable ConfigHelper<RpcServer> helper) {
        throw new UnsupportedOperationException("the server of node " + endpoint + " is made by RaftTransport.start");
    }

    @Override
    public ConfigHelper<RpcClient> defaultJRaftClientConfigHelper(RpcOptions options) {
        if (options instanceof NodeOptions node && node.getServiceFactory() instanceof TransportSource source) {
            return client -> ((NettyRpcClient) client).use(source.transport());
        }
        throw new IllegalArgumentException(
                "the service factory of a node must be a TransportSource, so that its client finds its transport");
    }
}

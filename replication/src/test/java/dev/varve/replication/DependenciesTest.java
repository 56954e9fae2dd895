package dev.varve.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.util.RpcFactoryHelper;
import dev.varve.replication.transport.NettyRpcFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What JRaft brings and we replace must not come back with a new version of a dependency. */
class DependenciesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "com.alipay.remoting.rpc.RpcServer",
                "com.alipay.remoting.util.StringUtils",
                "com.alipay.sofa.common.log.LoggerSpaceManager",
                "com.caucho.hessian.io.Hessian2Input",
                "com.google.common.base.Preconditions",
                "com.sun.jna.Native",
                "org.rocksdb.RocksDB"
            })
    void whatWeReplaceIsNotOnTheClassPath(String type) {
        assertThatThrownBy(() -> Class.forName(type)).isInstanceOf(ClassNotFoundException.class);
    }

    @Test
    void jraftTakesOurTransport() {
        assertThat(RpcFactoryHelper.rpcFactory()).isInstanceOf(NettyRpcFactory.class);
    }
}

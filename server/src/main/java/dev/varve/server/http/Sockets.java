package dev.varve.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;

/**
 * What is done to a socket without waiting for the outcome. If it fails, the connection is closed, and its handler is told
 * of that; nobody needs to look at the futures.
 */
@SuppressWarnings("FutureReturnValueIgnored")
final class Sockets {

    private Sockets() {}

    /** Writes without flushing. */
    static void write(Channel channel, ByteBuf bytes) {
        channel.write(bytes, channel.voidPromise());
    }

    /** Closes. */
    static void close(Channel channel) {
        channel.close();
    }

    /** Closes so that the other side sees an error, not an end. */
    static void reset(Channel channel) {
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    /** Closes when everything that was written has been sent. */
    static void closeWhenSent(Channel channel) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> channel.close());
    }

    /** Ends the output when everything that was written has been sent; input goes on. */
    static void endOutputWhenSent(Channel channel) {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> ((SocketChannel) channel).shutdownOutput());
    }
}

package dev.varve.replication;

import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.testkit.SimulatedCrash;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * A file system between the store and another one: calls back before each call, outside the other's locks, and turns the
 * stop of a simulated machine into an {@link IOException}. A stop is an {@code Error}, at which a thread of its own ends; threads
 * that wait for it would wait for ever, where the real machine is simply gone.
 */
public final class InterceptedFiles {

    /** Called before each call of a file system or a file. */
    @FunctionalInterface
    public interface Before {
        void call(String method) throws IOException;
    }

    private InterceptedFiles() {}

    /** Wraps a file system. */
    public static FileSystem wrap(FileSystem files, Before before) {
        return proxy(FileSystem.class, files, before);
    }

    private static <T> T proxy(Class<T> type, T target, Before before) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            before.call(method.getName());
            try {
                Object result = method.invoke(target, arguments);
                return switch (result) {
                    case StoreFile file -> proxy(StoreFile.class, file, before);
                    case AutoCloseable lock -> proxy(AutoCloseable.class, lock, before);
                    case null, default -> result;
                };
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof SimulatedCrash crash) {
                    throw new IOException("the machine has stopped", crash);
                }
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}

package dev.varve.replication.cluster;

import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** A file system on which one bit of what is read first in a directory is another one than was written. */
final class DamagedRead {

    private static final int BYTE = 1000;

    private DamagedRead() {}

    /** @param done set when it has happened */
    static FileSystem of(FileSystem files, Path directory, AtomicBoolean done) {
        return proxy(FileSystem.class, files, (method, arguments, result) -> {
            if (result instanceof StoreFile file && arguments[0] instanceof Path path && path.startsWith(directory)) {
                return damagedOnce(file, done);
            }
            return result;
        });
    }

    private static StoreFile damagedOnce(StoreFile file, AtomicBoolean done) {
        return proxy(StoreFile.class, file, (method, arguments, result) -> {
            if (method.equals("read")
                    && arguments[0] instanceof ByteBuffer read
                    && read.position() > BYTE
                    && done.compareAndSet(false, true)) {
                read.put(BYTE, (byte) (read.get(BYTE) ^ 2));
            }
            return result;
        });
    }

    /** Sees what a call returns, and may return something else. */
    private interface After {
        Object see(String method, Object[] arguments, Object result);
    }

    private static <T> T proxy(Class<T> type, T target, After after) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    try {
                        return after.see(method.getName(), arguments, method.invoke(target, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}

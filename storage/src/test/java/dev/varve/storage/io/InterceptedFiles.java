package dev.varve.storage.io;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A file system whose calls, and those of its files, a test sees before they are made, and may delay or let fail. */
public final class InterceptedFiles {

    private InterceptedFiles() {}

    /** Told of a call before it is made. */
    @FunctionalInterface
    public interface BeforeCall {
        /**
         * What it throws, the call throws.
         *
         * @param method the name of the method
         * @param bytes the size that is asked for, of a method with one; else 0
         */
        void of(String method, long bytes) throws IOException;
    }

    /** The same files, intercepted. */
    public static FileSystem wrap(FileSystem files, BeforeCall before) {
        return intercept(FileSystem.class, files, before);
    }

    /** One file, intercepted. */
    public static StoreFile wrap(StoreFile file, BeforeCall before) {
        return intercept(StoreFile.class, file, before);
    }

    private static <T> T intercept(Class<T> type, T target, BeforeCall before) {
        Object proxy =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (method.getDeclaringClass() != Object.class) {
                        boolean sized = arguments != null && arguments.length == 1 && arguments[0] instanceof Long;
                        before.of(method.getName(), sized ? (Long) arguments[0] : 0);
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        return result instanceof StoreFile file ? wrap(file, before) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return type.cast(proxy);
    }
}

package dev.varve.cli.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets each error that one part of the program tells of pass once a minute: of the same logger, with the same words, first argument and
 * kind of exception. What others say, and what is no error, passes always. Thread-safe.
 */
final class RepeatedMessages extends Filter<ILoggingEvent> {

    static final Duration PAUSE = Duration.ofMinutes(1);

    /** So many messages are remembered, those that passed last. */
    private static final int MESSAGES = 200;

    private static final int KEY_CHARS = 500;

    private final String loggers;

    /** When each passed last; guarded by this. */
    private final Map<String, Instant> passed = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
            return size() > MESSAGES;
        }
    };

    /** @param loggers the beginning of the names of the loggers that are held back */
    RepeatedMessages(String loggers) {
        this.loggers = loggers;
    }

    @Override
    public FilterReply decide(ILoggingEvent event) {
        if (!event.getLoggerName().startsWith(loggers) || event.getLevel() != Level.ERROR) {
            return FilterReply.NEUTRAL;
        }
        return mayPass(key(event), event.getInstant()) ? FilterReply.NEUTRAL : FilterReply.DENY;
    }

    private static String key(ILoggingEvent event) {
        Object[] arguments = event.getArgumentArray();
        IThrowableProxy cause = event.getThrowableProxy();
        String key = event.getLoggerName()
                + '\n'
                + event.getMessage()
                + '\n'
                + (arguments == null || arguments.length == 0 ? "" : arguments[0])
                + '\n'
                + (cause == null ? "" : cause.getClassName());
        return key.substring(0, Math.min(key.length(), KEY_CHARS));
    }

    private synchronized boolean mayPass(String key, Instant now) {
        Instant last = passed.get(key);
        boolean within = last != null && !now.isBefore(last) && now.isBefore(last.plus(PAUSE));
        if (!within) {
            passed.remove(key);
            passed.put(key, now);
        }
        return !within;
    }
}

package dev.varve.cli.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets what one part of the program says at level {@code INFO} or above pass once a minute: the same words, with the same first argument. What others say
 * passes always. Thread-safe.
 */
final class RepeatedMessages extends Filter<ILoggingEvent> {

    static final Duration PAUSE = Duration.ofMinutes(1);

    /** So many messages are remembered, those that passed last. */
    private static final int MESSAGES = 200;

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
        if (!event.getLoggerName().startsWith(loggers) || !event.getLevel().isGreaterOrEqual(Level.INFO)) {
            return FilterReply.NEUTRAL;
        }
        Object[] arguments = event.getArgumentArray();
        String key = event.getMessage() + (arguments == null || arguments.length == 0 ? "" : arguments[0]);
        return mayPass(key, event.getInstant()) ? FilterReply.NEUTRAL : FilterReply.DENY;
    }

    private synchronized boolean mayPass(String key, Instant now) {
        Instant last = passed.get(key);
        if (last != null && now.isBefore(last.plus(PAUSE))) {
            return false;
        }
        passed.remove(key);
        passed.put(key, now);
        return true;
    }
}

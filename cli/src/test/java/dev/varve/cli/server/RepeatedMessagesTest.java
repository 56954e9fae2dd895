package dev.varve.cli.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RepeatedMessagesTest {

    private final RepeatedMessages filter = new RepeatedMessages("engine.");
    private Instant now = Instant.parse("2030-01-01T00:00:00Z");

    private FilterReply say(String logger, Level level, String message, Object... arguments) {
        LoggingEvent event = new LoggingEvent();
        event.setLoggerName(logger);
        event.setLevel(level);
        event.setMessage(message);
        event.setArgumentArray(arguments);
        event.setInstant(now);
        return filter.decide(event);
    }

    @Test
    void theSameOfTheSameIsSaidOnceInAWhile() {
        assertThat(say("engine.A", Level.ERROR, "no way to {}: {}", "n2", "refused"))
                .isEqualTo(FilterReply.NEUTRAL);
        now = now.plusMillis(50);
        assertThat(say("engine.A", Level.ERROR, "no way to {}: {}", "n2", "closed"))
                .isEqualTo(FilterReply.DENY);
        assertThat(say("engine.A", Level.ERROR, "no way to {}: {}", "n3", "refused"))
                .isEqualTo(FilterReply.NEUTRAL);
        assertThat(say("engine.A", Level.ERROR, "something else")).isEqualTo(FilterReply.NEUTRAL);
        assertThat(say("engine.A", Level.ERROR, "something else")).isEqualTo(FilterReply.DENY);
        assertThat(say("engine.B", Level.ERROR, "something else")).isEqualTo(FilterReply.NEUTRAL);
        now = now.plus(RepeatedMessages.PAUSE);
        assertThat(say("engine.A", Level.ERROR, "no way to {}: {}", "n2", "refused"))
                .isEqualTo(FilterReply.NEUTRAL);
    }

    @Test
    void aClockThatIsPutBackHoldsNothingBack() {
        assertThat(say("engine.A", Level.ERROR, "no way")).isEqualTo(FilterReply.NEUTRAL);
        now = now.minusSeconds(3600);
        assertThat(say("engine.A", Level.ERROR, "no way")).isEqualTo(FilterReply.NEUTRAL);
        assertThat(say("engine.A", Level.ERROR, "no way")).isEqualTo(FilterReply.DENY);
    }

    @Test
    void whatOthersSayAndWhatIsNoErrorPassesAlways() {
        for (int i = 0; i < 3; i++) {
            assertThat(say("store.A", Level.ERROR, "the disk is full")).isEqualTo(FilterReply.NEUTRAL);
            assertThat(say("engine.A", Level.WARN, "a vote for {}", "n1")).isEqualTo(FilterReply.NEUTRAL);
        }
    }
}

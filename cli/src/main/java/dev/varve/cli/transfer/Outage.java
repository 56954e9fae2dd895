package dev.varve.cli.transfer;

import dev.varve.client.InterruptedAnswerException;
import dev.varve.client.OutcomeUnknownException;
import dev.varve.client.OverloadedException;
import dev.varve.client.RefusedException;
import dev.varve.client.UnreachableException;
import dev.varve.client.VarveException;
import dev.varve.storage.io.Ticker;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Patience with a server that is away: decides whether a failed request is worth another attempt, and says when the server
 * goes and comes back. Shared by all requests in flight; thread-safe.
 */
final class Outage {

    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final int DISK_FULL = 507;

    private final Duration wait;
    private final Ticker ticker;
    private final Consumer<String> say;
    private @Nullable Long beganAt;

    /**
     * Nobody has failed yet.
     *
     * @param wait how long the server may be away
     * @param ticker measures that
     * @param say tells people
     */
    Outage(Duration wait, Ticker ticker, Consumer<String> say) {
        this.wait = wait;
        this.ticker = ticker;
        this.say = say;
    }

    /** A request was answered: the server is there. */
    synchronized void answered() {
        if (beganAt != null) {
            say.accept("The server answers again after "
                    + Duration.ofNanos(ticker.nanos() - beganAt).toSeconds() + " s.");
            beganAt = null;
        }
    }

    /**
     * Waits a moment before the next attempt.
     *
     * @throws VarveException the failure itself, if another attempt would not help or the patience is at its end
     */
    void pauseOrThrow(VarveException failure) {
        if (!mayPass(failure)) {
            throw failure;
        }
        synchronized (this) {
            long now = ticker.nanos();
            if (beganAt == null) {
                beganAt = now;
                if (wait.isPositive()) {
                    say.accept(failure.getMessage() + " Trying again for up to " + wait.toSeconds() + " s.");
                }
            }
            if (now - beganAt >= wait.toNanos()) {
                throw failure;
            }
        }
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }

    private static boolean mayPass(VarveException failure) {
        return switch (failure) {
            case UnreachableException e -> true;
            case OverloadedException e -> true;
            case OutcomeUnknownException e -> true;
            case InterruptedAnswerException e -> true;
            case RefusedException e -> e.status() == DISK_FULL;
            default -> false;
        };
    }
}

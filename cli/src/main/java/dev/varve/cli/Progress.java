package dev.varve.cli;

import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A bar on standard error with rate and time to go, where people look at it; nothing where they do not. Thread-safe; close
 * it before saying anything else.
 */
public final class Progress implements AutoCloseable {

    private static final int WIDTH_CHARS = 100;
    private static final int UPDATE_MILLIS = 200;
    private static final String CLEAR_LINE = "\r\033[K";

    private final Console console;
    private final @Nullable ProgressBar bar;

    private Progress(Console console, @Nullable ProgressBar bar) {
        this.console = console;
        this.bar = bar;
    }

    /**
     * Shows a bar.
     *
     * @param task what is being done
     * @param max how much there is to do; -1 if unknown
     * @param unit what is counted, such as " MiB"
     * @param unitSize how many steps make one unit
     */
    public static Progress start(Console console, String task, long max, String unit, long unitSize) {
        if (!console.terminal()) {
            return new Progress(console, null);
        }
        ProgressBar bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(max)
                .setUnit(unit, unitSize)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .setMaxRenderedLength(WIDTH_CHARS)
                .showSpeed()
                .setConsumer(new DelegatingProgressBarConsumer(line -> draw(console, line), WIDTH_CHARS))
                .build();
        return new Progress(console, bar);
    }

    private static void draw(Console console, String line) {
        console.err().print(CLEAR_LINE + line.stripTrailing());
        console.err().flush();
    }

    /** So much more is done. */
    public void step(long steps) {
        if (bar != null) {
            bar.stepBy(steps);
        }
    }

    /** Says something behind the bar. */
    public void message(String message) {
        if (bar != null) {
            bar.setExtraMessage(" " + message);
        }
    }

    /** Says one line above the bar. */
    public void say(String line) {
        console.err().print(bar == null ? "" : CLEAR_LINE);
        console.say(line);
    }

    /** Takes the bar away. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            console.err().print(CLEAR_LINE);
            console.err().flush();
        }
    }
}

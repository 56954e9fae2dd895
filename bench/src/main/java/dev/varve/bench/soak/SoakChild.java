package dev.varve.bench.soak;

import dev.varve.bench.harness.Figures;
import dev.varve.bench.harness.ProcessMemory;
import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A {@link SoakProcess} as its parent sees it. */
final class SoakChild {

    private static final String NAME = "soak";
    private static final long ANSWER_SECONDS = 600;

    private final Processes processes;
    private final Process process;
    private final Writer orders;
    private final Consumer<String> errors;
    private final Semaphore answers = new Semaphore(0);
    private volatile Map<String, Double> lastSecond = Map.of();

    /**
     * Starts it, and waits until it has opened the store and read it.
     *
     * @param errors is told what the process finds wrong
     */
    SoakChild(Processes processes, List<String> command, Consumer<String> errors) {
        this.processes = processes;
        this.errors = errors;
        this.process = processes.startTalking(NAME, command);
        this.orders = process.outputWriter();
        Thread.ofPlatform().daemon().start(this::listen);
        awaitAnswer();
    }

    private void listen() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(SoakProcess.ERROR)) {
                    errors.accept(line.substring(SoakProcess.ERROR.length()));
                }
                Figures.parse(List.of(line)).forEach(this::heard);
            }
        } catch (IOException | Failure killed) {
            // In the middle of a line.
        }
    }

    private void heard(Figures figures) {
        if (figures.subject().equals(SoakProcess.SECOND)) {
            lastSecond = figures.values();
        } else {
            answers.release();
        }
    }

    private void awaitAnswer() {
        try {
            for (int second = 0; second < ANSWER_SECONDS; second++) {
                if (answers.tryAcquire(1, TimeUnit.SECONDS)) {
                    return;
                }
                if (!process.isAlive()) {
                    throw new Failure("the process of the store ended: " + processes.tail(NAME));
                }
            }
        } catch (InterruptedException e) {
            throw new Failure("Interrupted.", e);
        }
        throw new Failure("the process of the store does not answer within " + ANSWER_SECONDS + " s");
    }

    /** Tells it what to do, and waits until it is done. */
    void order(String word) {
        try {
            orders.write(word + "\n");
            orders.flush();
        } catch (IOException e) {
            throw new Failure("the process of the store ended: " + processes.tail(NAME), e);
        }
        awaitAnswer();
    }

    /** Ends it with SIGKILL. */
    void kill() {
        processes.kill(process);
    }

    /** Ends it after it has been told to stop. */
    void end() {
        processes.stop(process);
    }

    /** What it measured in its last second. */
    Map<String, Double> lastSecond() {
        return lastSecond;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long anonymousBytes() {
        return ProcessMemory.anonymousBytes(Long.toString(process.pid()));
    }

    String tail() {
        return processes.tail(NAME);
    }
}

/**
 * The {@code varve} program. {@link dev.varve.cli.Main} is where the process begins; each command is a class of its own,
 * and the larger ones have a package: {@code server}, {@code transfer} (import and export), {@code status},
 * {@code bench}, and {@code inspect} (what looks into files without a server).
 *
 * <p>A command gets its {@link dev.varve.cli.Console} by constructor and returns an {@link dev.varve.cli.ExitCode}. It
 * reports a failure by an exception: {@link dev.varve.cli.Usage} for what the user typed, {@link dev.varve.cli.Failure}
 * and the client's exceptions for what went wrong. Answers go to standard output, everything else to standard error.
 */
@NullMarked
package dev.varve.cli;

import org.jspecify.annotations.NullMarked;

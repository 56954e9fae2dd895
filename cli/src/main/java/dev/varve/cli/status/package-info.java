/**
 * {@code varve status}: asks servers whether they are ready and how they are.
 *
 * <p>{@link dev.varve.cli.status.Samples} reads the text of {@code /metrics}; {@link dev.varve.cli.status.StatusCommand}
 * makes a few lines of it. A metric that a server does not have is left out.
 */
@NullMarked
package dev.varve.cli.status;

import org.jspecify.annotations.NullMarked;

/**
 * {@code varve server}: where its settings come from, how it logs, what it says when it starts, and how it ends.
 *
 * <p>{@link dev.varve.cli.server.Settings} fills the options of a command from the environment and a YAML file where the
 * command line leaves them out.
 */
@NullMarked
package dev.varve.cli.server;

import org.jspecify.annotations.NullMarked;

/**
 * Commands about clusters: {@code varve cluster} looks at one, {@code varve dev-cluster} starts one on this machine.
 */
@NullMarked
package dev.varve.cli.cluster;

import org.jspecify.annotations.NullMarked;

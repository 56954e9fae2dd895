/**
 * Tests that the shape of the code is the one that was meant: which module and package may use which, and where the
 * few calls stand that reach out to the machine.
 *
 * <p>{@link dev.varve.architecture.Rules} says what is allowed. To let one more place reach out, name it there, with the
 * reason.
 */
@NullMarked
package dev.varve.architecture;

import org.jspecify.annotations.NullMarked;

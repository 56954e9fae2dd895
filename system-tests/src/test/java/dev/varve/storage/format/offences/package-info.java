/** Classes that break the rules of the architecture, so that a test can show that each rule finds its offender. */
@NullMarked
package dev.varve.storage.format.offences;

import org.jspecify.annotations.NullMarked;

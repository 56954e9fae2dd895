/** Drawing charts into files. */
@NullMarked
package dev.varve.cli.chart;

import org.jspecify.annotations.NullMarked;

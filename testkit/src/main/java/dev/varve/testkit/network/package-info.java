/**
 * A network that can be made to fail.
 *
 * <p>A {@link dev.varve.testkit.network.FaultProxy} stands in front of one address. Whoever connects to it is connected with that address by two
 * {@link dev.varve.testkit.network.Flow}s, one for each direction, whose {@link dev.varve.testkit.network.Conditions} can be changed at any time.
 *
 * <pre>{@code
 * try (FaultProxy proxy = new FaultProxy(address, Framing.NONE, random)) {
 *     proxy.toTarget().set(Conditions.CUT);
 *     ...
 *     proxy.toTarget().set(Conditions.GOOD);
 *     proxy.reset();
 * }
 * }</pre>
 *
 * <p>Threads: everything here is for all threads. A connection has two virtual threads of its own.
 */
@NullMarked
package dev.varve.testkit.network;

import org.jspecify.annotations.NullMarked;

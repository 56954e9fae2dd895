/**
 * The edge to the operating system: files, directories and time, behind interfaces that tests replace.
 *
 * <p>{@link dev.varve.storage.io.FileSystem} opens {@link dev.varve.storage.io.StoreFile}s and changes directories;
 * {@link dev.varve.storage.io.DiskFileSystem} is the real one and with its files the only place that calls
 * {@code java.nio.file.Files}, {@code FileChannel} and, on Linux, the system itself. There no interrupt of a thread disturbs what it or others
 * do to a file. {@link dev.varve.storage.io.Environment} bundles what a store needs of its surroundings.
 *
 * <p>Durability rules, which every implementation keeps and every user relies on: bytes written are durable once
 * {@link dev.varve.storage.io.StoreFile#sync} has returned after them; a file's creation, removal or renaming is durable
 * once {@link dev.varve.storage.io.FileSystem#syncDirectory} has returned after it. A sync that failed is never repeated:
 * what it should have made durable is of unknown state from then on.
 */
@NullMarked
package dev.varve.storage.io;

import org.jspecify.annotations.NullMarked;

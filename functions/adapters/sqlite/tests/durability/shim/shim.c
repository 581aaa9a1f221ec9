/*
 * Records what a process does to the files of a store, and lets calls fail. For 64-bit Linux, by LD_PRELOAD.
 *
 * DOORWARD_FOLDER  the folder of the store, without symbolic links
 * DOORWARD_TAPE    the file to which each event is appended; see tape.rs for the format
 * DOORWARD_FAULTS  a folder: while it has a file of this name, calls for files of the store fail
 *     sync-fails   the next sync fails once with EIO
 *     disk-full    writes fail with ENOSPC
 *     read-only    opening for writing fails with EROFS
 * DOORWARD_SYNC_MICROSECONDS  how much longer each sync takes
 *
 * The calls themselves are raw system calls, so the shim calls none of its own functions. SQLite writes by lseek and write. It
 * maps only `doorward.db-shm` into memory, which the next process rebuilds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The files of an event. The index of the log and the lock hold nothing that a power failure may take. */
enum { NONE = 0, DATABASE = 'd', LOG = 'w', FOLDER = 'f', OUTPUT = 'o', UNKNOWN = '?', INDEX = 'i' };

/* The start of an event. The bytes of a write follow. */
struct event {
    uint8_t kind, file, unused[6];
    uint64_t at;
    uint64_t length;
};

/* Held during a call and its record, so that the tape has the order of the calls. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static const char *folder, *faults;
static size_t folder_length;
static useconds_t delay;
static int tape = -1;
static uint64_t events;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("DOORWARD_TAPE"), *microseconds = getenv("DOORWARD_SYNC_MICROSECONDS");
    folder = getenv("DOORWARD_FOLDER");
    faults = getenv("DOORWARD_FAULTS");
    folder_length = folder ? strlen(folder) : 0;
    delay = microseconds ? (useconds_t)atoi(microseconds) : 0;
    if (path)
        tape = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* What follows the folder in a path: nothing, or a slash and a name. */
static const char *inside(const char *path) {
    if (!folder || strncmp(path, folder, folder_length) != 0)
        return NULL;
    path += folder_length;
    return *path == '/' || !*path ? path : NULL;
}

static int file_at(const char *path) {
    path = inside(path);
    if (!path)
        return NONE;
    if (!*path)
        return FOLDER;
    if (!strcmp(path, "/doorward.db"))
        return DATABASE;
    if (!strcmp(path, "/doorward.db-wal"))
        return LOG;
    if (!strcmp(path, "/doorward.db-shm"))
        return INDEX;
    if (!strcmp(path, "/lock"))
        return NONE;
    return UNKNOWN;
}

static int file_of(int fd) {
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return NONE;
    path[length] = 0;
    return file_at(path);
}

static void fault_path(char *path, const char *name) {
    snprintf(path, PATH_MAX, "%s/%s", faults ? faults : "", name);
}

/* Whether calls fail now. */
static int fails(const char *name) {
    char path[PATH_MAX];
    fault_path(path, name);
    return faults && access(path, F_OK) == 0;
}

/* Whether this call fails, and no later one. */
static int fails_once(const char *name) {
    char path[PATH_MAX];
    fault_path(path, name);
    return faults && unlink(path) == 0;
}

static int refuse(int error) {
    errno = error;
    return -1;
}

static void record(int kind, int file, uint64_t at, const void *bytes, uint64_t length) {
    struct event event = {.kind = (uint8_t)kind, .file = (uint8_t)file, .at = at, .length = length};
    struct iovec parts[2] = {{&event, sizeof event}, {(void *)bytes, bytes ? length : 0}};
    size_t all = parts[0].iov_len + parts[1].iov_len;
    if (file == INDEX)
        return;
    if (tape >= 0 && syscall(SYS_writev, tape, parts, 2) != (long)all)
        abort();
    events++;
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset, int positioned) {
    int file = fd == STDOUT_FILENO ? OUTPUT : file_of(fd);
    if (file != NONE && file != OUTPUT && fails("disk-full"))
        return refuse(ENOSPC);
    if (file == NONE)
        return positioned ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
    pthread_mutex_lock(&order);
    if (!positioned && file != OUTPUT)
        offset = lseek(fd, 0, SEEK_CUR);
    ssize_t written =
        positioned ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
    int error = errno;
    if (written > 0)
        record('W', file, (uint64_t)offset, bytes, (uint64_t)written);
    pthread_mutex_unlock(&order);
    errno = error;
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return write_at(fd, bytes, length, 0, 0);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return write_at(fd, bytes, length, offset, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    return write_at(fd, bytes, length, offset, 1);
}

static ssize_t note_read(int fd, ssize_t length) {
    int error = errno, file = length > 0 ? file_of(fd) : NONE;
    if (file == DATABASE || file == LOG) {
        pthread_mutex_lock(&order);
        record('R', file, 0, NULL, (uint64_t)length);
        pthread_mutex_unlock(&order);
    }
    errno = error;
    return length;
}

ssize_t read(int fd, void *bytes, size_t length) {
    return note_read(fd, syscall(SYS_read, fd, bytes, length));
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset) {
    return note_read(fd, syscall(SYS_pread64, fd, bytes, length, offset));
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset) {
    return note_read(fd, syscall(SYS_pread64, fd, bytes, length, offset));
}

int ftruncate(int fd, off_t length) {
    int file = file_of(fd);
    pthread_mutex_lock(&order);
    int result = (int)syscall(SYS_ftruncate, fd, length), error = errno;
    if (file != NONE && result == 0)
        record('T', file, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int ftruncate64(int fd, off64_t length) {
    return ftruncate(fd, length);
}

/* A sync concerns the events before it began. It counts from its return. */
static int sync_file(int fd, long call) {
    int file = file_of(fd);
    if (file == NONE)
        return (int)syscall(call, fd);
    pthread_mutex_lock(&order);
    uint64_t began = events;
    pthread_mutex_unlock(&order);
    if (delay)
        usleep(delay);
    int result = fails_once("sync-fails") ? refuse(EIO) : (int)syscall(call, fd), error = errno;
    pthread_mutex_lock(&order);
    record(result == 0 ? 'S' : 'F', file, began, NULL, 0);
    pthread_mutex_unlock(&order);
    errno = error;
    return result;
}

int fsync(int fd) {
    return sync_file(fd, SYS_fsync);
}

int fdatasync(int fd) {
    return sync_file(fd, SYS_fdatasync);
}

static int open_file(const char *path, int flags, mode_t mode) {
    if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && inside(path) && fails("read-only"))
        return refuse(EROFS);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_file(path, flags, mode);
}

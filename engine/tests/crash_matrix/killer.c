/* Preloaded into an engine: kills it at an exact place, around the Nth write of certain bytes, and sets
 * its wall clock, so that it is ten in the morning for it whenever the tests are run.
 *
 *     CRASH_FILE   what the path of the file must contain; not set: a socket
 *     CRASH_TEXT   what the bytes of the call must contain
 *     CRASH_NTH    which of these calls, from 1
 *     CRASH_WHEN   before: nothing is written; within: a part of the bytes; after: all of them
 *
 *     CRASH_SHIFT  seconds that are added to the wall clock, and to the kernel's stamps of what came
 *
 * Without CRASH_TEXT it kills nothing. Only the process that the test starts is meant, not what that
 * starts itself: the variables are gone once they are read.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum When { BEFORE, WITHIN, AFTER };

static char *file, *text;
static long nth;
static time_t shift;
static enum When when;
static atomic_long seen;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static ssize_t (*real_recvmsg)(int, struct msghdr *, int);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static char *take(const char *name) {
    const char *value = getenv(name);
    char *copy = value == NULL ? NULL : strdup(value);
    unsetenv(name);
    return copy;
}

/* The clock is asked before anything of this file is set up. */
int clock_gettime(clockid_t id, struct timespec *now) {
    if (real_clock_gettime == NULL) {
        *(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    }
    int result = real_clock_gettime(id, now);
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += shift;
    }
    return result;
}

__attribute__((constructor)) static void begin(void) {
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_writev = dlsym(RTLD_NEXT, "writev");
    *(void **)&real_send = dlsym(RTLD_NEXT, "send");
    *(void **)&real_sendto = dlsym(RTLD_NEXT, "sendto");
    *(void **)&real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
    *(void **)&real_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
    char *seconds = take("CRASH_SHIFT");
    shift = seconds == NULL ? 0 : strtol(seconds, NULL, 10);
    file = take("CRASH_FILE");
    text = take("CRASH_TEXT");
    char *count = take("CRASH_NTH"), *place = take("CRASH_WHEN");
    unsetenv("LD_PRELOAD");
    nth = count == NULL ? 1 : strtol(count, NULL, 10);
    when = place == NULL || strcmp(place, "before") == 0 ? BEFORE
           : strcmp(place, "within") == 0                ? WITHIN
                                                         : AFTER;
}

/* Whether the descriptor is what is meant. */
static int is_meant(int fd) {
    if (file == NULL) {
        struct stat status;
        return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
    }
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) {
        return 0;
    }
    path[length] = '\0';
    return strstr(path, file) != NULL;
}

/* Where the text stands in the bytes of the call that is meant; below zero for every other call. */
static ssize_t place_in(int fd, const void *bytes, size_t length) {
    if (text == NULL || bytes == NULL) {
        return -1;
    }
    const char *found = memmem(bytes, length, text, strlen(text));
    if (found == NULL || !is_meant(fd) || atomic_fetch_add(&seen, 1) + 1 != nth) {
        return -1;
    }
    return found - (const char *)bytes;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

/* Does what a write of one piece does, and dies around it. */
#define DIE_AROUND(whole, part)                                                                    \
    switch (when) {                                                                                \
    case BEFORE:                                                                                   \
        break;                                                                                     \
    case WITHIN:                                                                                   \
        if ((part) < 0) {                                                                          \
            perror("killer: the part");                                                            \
        }                                                                                          \
        break;                                                                                     \
    case AFTER:                                                                                    \
        if ((whole) < 0) {                                                                         \
            perror("killer: the whole");                                                           \
        }                                                                                          \
        break;                                                                                     \
    }                                                                                              \
    die();

/* Bytes that are written of a call which is cut: into the middle of what was looked for. */
static size_t cut(ssize_t place) {
    return (size_t)place + strlen(text) / 2;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t place = place_in(fd, bytes, length);
    if (place >= 0) {
        DIE_AROUND(real_write(fd, bytes, length), real_write(fd, bytes, cut(place)));
    }
    return real_write(fd, bytes, length);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    ssize_t place = place_in(fd, bytes, length);
    if (place >= 0) {
        DIE_AROUND(real_send(fd, bytes, length, flags), real_send(fd, bytes, cut(place), flags));
    }
    return real_send(fd, bytes, length, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to,
               socklen_t size) {
    ssize_t place = place_in(fd, bytes, length);
    if (place >= 0) {
        DIE_AROUND(real_sendto(fd, bytes, length, flags, to, size),
                   real_sendto(fd, bytes, cut(place), flags, to, size));
    }
    return real_sendto(fd, bytes, length, flags, to, size);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    for (int i = 0; i < count; i++) {
        ssize_t place = place_in(fd, pieces[i].iov_base, pieces[i].iov_len);
        if (place >= 0) {
            DIE_AROUND(real_writev(fd, pieces, count),
                       real_write(fd, pieces[i].iov_base, cut(place)));
        }
    }
    return real_writev(fd, pieces, count);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        const struct iovec *piece = &message->msg_iov[i];
        ssize_t place = place_in(fd, piece->iov_base, piece->iov_len);
        if (place >= 0) {
            DIE_AROUND(real_sendmsg(fd, message, flags),
                       real_send(fd, piece->iov_base, cut(place), flags));
        }
    }
    return real_sendmsg(fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    ssize_t length = real_recvmsg(fd, message, flags);
    if (length < 0) {
        return length;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            stamp.tv_sec += shift;
            memcpy(CMSG_DATA(c), &stamp, sizeof stamp);
        }
    }
    return length;
}

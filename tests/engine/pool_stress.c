// Callers that meet, workers that sleep, and a process that ends its workers now and then: the
// protocol of fastact/native/pool.c at work, for ThreadSanitizer. test_threads_pool.py builds it.
//
// Prints how many launches were shared, how many chunks workers ran and how often all workers
// ended. Ends with status 1 if an element was not computed exactly once.

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pool.c"

enum { CALLERS = 3, LIMIT = 4, MOST = 4096, ROWS = 8 };

static struct block *block;
static _Atomic(int64_t) by_workers, quiesced, wrong, running = CALLERS;
static _Thread_local bool is_caller;

void fastact_pool_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("yield");
#endif
}

// y += x for each element. What belongs to the caller is plain memory here, as it is in NumPy.
static void add(char **args, const int64_t *dims, const int64_t *steps, void *data) {
    for (int64_t i = 0; i < dims[0]; i++)
        *(int64_t *)(args[1] + i * steps[1]) += *(int64_t *)(args[0] + i * steps[0]);
    if (!is_caller)
        atomic_fetch_add_explicit(&by_workers, 1, memory_order_relaxed);
}

// y += the sum of a row.
static void add_rows(char **args, const int64_t *dims, const int64_t *steps, void *data) {
    for (int64_t i = 0; i < dims[0]; i++)
        for (int64_t j = 0; j < dims[1]; j++)
            *(int64_t *)(args[1] + i * steps[1]) +=
                *(int64_t *)(args[0] + i * steps[0] + j * steps[2]);
    if (!is_caller)
        atomic_fetch_add_explicit(&by_workers, 1, memory_order_relaxed);
}

static void call(int64_t *x, int64_t *y, int64_t n, bool rows) {
    char *args[] = {(char *)x, (char *)y};
    const int64_t dims[] = {n, ROWS}, steps[] = {rows ? 8 * ROWS : 8, 8, 8};
    for (int64_t i = 0; i < n; i++)
        y[i] = 0;
    block->launch(block, rows ? add_rows : add, args, dims, steps, 2, 1 + rows, 2 + rows,
                  rows ? n * ROWS : n);
    for (int64_t i = 0; i < n; i++) {
        int64_t wanted = 0;
        for (int64_t j = 0; j < (rows ? ROWS : 1); j++)
            wanted += x[rows ? i * ROWS + j : i];
        if (y[i] != wanted)
            wrong++;
    }
}

// Calls in bursts, with pauses in between after which the workers sleep.
static void *caller(void *argument) {
    unsigned seed = (unsigned)(intptr_t)argument;
    const int64_t calls = (intptr_t)argument >> 8;
    int64_t *x = malloc(MOST * ROWS * sizeof *x), *y = malloc(MOST * sizeof *y);
    is_caller = true;
    for (int64_t i = 0; i < calls; i++) {
        for (int64_t j = 0; j < MOST; j++)
            x[j] = rand_r(&seed);
        for (int64_t j = MOST; j < MOST * ROWS; j++)
            x[j] = j;
        call(x, y, 1 + rand_r(&seed) % MOST, i % 3 == 2);
        if (rand_r(&seed) % 8 == 0)
            usleep(300);
    }
    free(x);
    free(y);
    running--;
    return NULL;
}

// ThreadSanitizer does not see what libc itself writes, but sees this.
static int create(uint64_t *thread, const void *attributes, void *(*code)(void *), void *argument) {
    pthread_t made = 0;
    const int failed = pthread_create(&made, attributes, code, argument);
    *thread = made;
    return failed;
}

#define USE(name) .name = (void *)name

static void prepare(void) {
    block = aligned_alloc(4096, (sizeof *block + 4095) / 4096 * 4096);
    __builtin_memset(block, 0, sizeof *block);
    block->limit = LIMIT;
    block->key = -1;
    block->min_chunk = 64;
    block->spin_ns = 100000;
    block->spinners = 2;
    block->cold_work = 1024;
    block->libc = (struct libc){
        .pthread_create = create, USE(pthread_join), USE(pthread_sigmask), USE(pthread_getspecific),
        USE(sem_init), USE(sem_wait), USE(sem_post), USE(clock_gettime), USE(sched_getcpu),
        USE(sched_yield), USE(pthread_self), USE(pthread_getaffinity_np),
        USE(pthread_setaffinity_np),
    };
    fastact_pool_native(block);
    block->owner = 1;
}

int main(int count, char **values) {
    const intptr_t calls = count > 1 ? atoi(values[1]) : 1000;
    pthread_t callers[CALLERS];
    prepare();
    for (intptr_t i = 0; i < CALLERS; i++)
        pthread_create(&callers[i], NULL, caller, (void *)(calls << 8 | (i + 1)));
    while (running) { // what `threads` does around a fork
        usleep(5000);
        if (block->quiesce(block) < 0)
            continue;
        quiesced++;
        atomic_store_explicit(&block->busy, 0, memory_order_release);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    while (block->quiesce(block) < 0) {
    }
    printf("%lld %lld %lld\n", (long long)block->launches, (long long)by_workers,
           (long long)quiesced);
    if (wrong)
        fprintf(stderr, "%lld elements are wrong\n", (long long)wrong);
    return wrong != 0;
}

// The code of the thread pool. The docstring of native/pool.py explains the protocol, and
// tools/native_ir.py lowers this file to the LLVM IR that the package carries.
//
// It is C11 without a C library: what it needs of libc are addresses in the block.

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An array on the stack is aligned as x86-64 asks, everywhere: so the IR is one for all machines.
#define ARRAY _Alignas(16)

#define LOAD(at, order) atomic_load_explicit(at, memory_order_##order)
#define STORE(at, value, order) atomic_store_explicit(at, value, memory_order_##order)
#define SWAP(at, expected, value, order, order_if_not) \
    atomic_compare_exchange_strong_explicit( \
        at, expected, value, memory_order_##order, memory_order_##order_if_not)

enum {
    MAX_THREADS = 1024,
    MAX_OPERANDS = 64, // arguments, or dimensions, of a loop that is shared
    MAX_CPUS = 8192,
    CPU_WORDS = MAX_CPUS / 64,
    SIGNAL_WORDS = 16,
    LINE = 64,        // bytes of a cache line
    APART = 2 * LINE, // processors fetch lines in pairs
    SLOTS_AT = 7 * APART,
    OWNER_AT = 1 << 18, // a multiple of every page size: aarch64 has pages of up to 64 KiB
    POLLS = 32,         // how often a worker looks at `state` before it looks at the clock
    PATIENCE = 1000,    // pauses of a caller that waits for the last chunks, before it yields
    STRETCHED = 1 << 21, // elements of a call from which on it goes in stretches
    STRETCH = 1 << 19,   // elements of the first stretch,
    ABREAST = 1 << 22,   // and of that of rows side by side, of which few are slow
    SHORT_NS = 20000000, // the next stretch is twice as long as one that took less,
    LONG_NS = 40000000,  // and half as long as one that took more
    LOOK = 1 << 19,      // elements after which the clock is looked at
    CALL_COST = 1 << 8,  // elements that a call is worth beside its own
    EVERY_NS = 60000000, // how often signals are looked for
    MONOTONIC = 1,      // Linux's CLOCK_MONOTONIC
    SET_MASK = 2,       // Linux's SIG_SETMASK
    CALLER = -1         // the caller's index; workers count from 0
};

// An inner loop, as NumPy calls it.
typedef void loop(char **args, const int64_t *dims, const int64_t *steps, void *data);

// Linux's timespec on a machine of 64 bits.
struct moment {
    int64_t seconds, nanoseconds;
};

// What the pool needs of libc. A thread is glibc's and musl's pthread_t, one machine word.
struct libc {
    int32_t (*pthread_create)(uint64_t *thread, const void *attributes, void *(*code)(void *),
                              void *argument);
    int32_t (*pthread_join)(uint64_t thread, void **result);
    int32_t (*pthread_sigmask)(int32_t how, const void *set, void *old);
    void *(*pthread_getspecific)(uint32_t key);
    int32_t (*sem_init)(void *semaphore, int32_t shared, uint32_t value);
    int32_t (*sem_wait)(void *semaphore);
    int32_t (*sem_post)(void *semaphore);
    int32_t (*clock_gettime)(int32_t clock, struct moment *time);
    int32_t (*sched_getcpu)(void);
    int32_t (*sched_yield)(void);
    uint64_t (*pthread_self)(void);
    int32_t (*pthread_getaffinity_np)(uint64_t thread, size_t bytes, uint64_t *cpus);
    int32_t (*pthread_setaffinity_np)(uint64_t thread, size_t bytes, const uint64_t *cpus);
};

// Tells the processor that a loop waits; native/pool.py defines it for each machine.
void fastact_pool_pause(void);

struct block;

// One worker.
struct slot {
    _Alignas(APART) uint64_t semaphore[4]; // sem_t
    uint64_t thread;
    struct block *block;
    int64_t index;
    _Atomic(int64_t) parked; // 1 while it sleeps and nobody has decided to wake it
    int64_t excluded;        // the core that `wake` took out of its affinity, or -1
};

// What the loops, Python, the caller of the moment and the workers share. What the caller writes
// and what workers write never share a pair of cache lines.
struct block {
    // Every loop reads these two: the elements below which it does not call, what it calls.
    int64_t cutover;
    int64_t (*launch)(struct block *b, loop *fn, char **args, const int64_t *dims,
                      const int64_t *steps, int64_t nargs, int64_t ndims, int64_t nsteps,
                      int64_t work);

    // Python sets these.
    _Atomic(int64_t) limit; // of threads, the caller's included
    _Atomic(int64_t) key;   // of the thread's own limit, or -1
    int64_t min_chunk;      // elements
    int64_t spin_ns;
    int64_t spinners;  // how many workers spin before they sleep
    int64_t cold_work; // elements for which a worker is woken in any case
    int64_t (*quiesce)(struct block *b);
    // How a ufunc calls a loop, and what that needs of Python.
    int64_t (*call)(struct block *b, loop *fn, char **args, const int64_t *dims,
                    const int64_t *steps, int64_t ndims);
    _Atomic(uint64_t) main; // the thread that runs handlers of signals
    int32_t (*acquire)(void);
    void (*release)(int32_t state);
    int32_t (*check_signals)(void);
    struct libc libc;
    uint64_t signals[SIGNAL_WORDS]; // that workers block

    // Only the main thread has these.
    _Alignas(APART) int64_t watching; // it is in a call, which can raise
    int64_t raised;                   // a handler has, in this call
    int64_t unwatched;                // elements done since it looked at the clock
    int64_t looked_at;                // when it looked for signals

    // The pool, which belongs to whoever turned `busy` from 0 to 1.
    _Alignas(APART) _Atomic(int64_t) busy;
    _Atomic(int64_t) workers;
    _Atomic(int64_t) failed; // a thread could not be made
    _Atomic(int64_t) launches;
    _Atomic(int64_t) cold_at; // when the last call ended that would have had to wake workers

    // The job. `state` hands out chunks: 32 bits of epoch, 16 of chunks, 16 of the next chunk.
    _Alignas(APART) _Atomic(uint64_t) state;
    _Atomic(int64_t) cpu; // the caller's core
    _Atomic(int64_t) stop;
    _Atomic(int64_t) helpers; // the workers that may help are those below it
    _Alignas(LINE) _Atomic(loop *) fn;
    _Atomic(char **) args;
    _Atomic(const int64_t *) dims;
    _Atomic(const int64_t *) steps;
    _Atomic(int64_t) nargs;
    _Atomic(int64_t) ndims;
    _Atomic(int64_t) chunk; // the length of a chunk
    _Atomic(int64_t) head;  // by how much the first one is longer

    _Alignas(APART) _Atomic(int64_t) done; // chunks that workers have finished

    struct slot slots[MAX_THREADS - 1];

    // 1, on a page that the kernel zeroes in a forked child, however it was forked.
    char unused[OWNER_AT - SLOTS_AT - (MAX_THREADS - 1) * sizeof(struct slot)];
    _Atomic(int64_t) owner;
};

_Static_assert(offsetof(struct block, cutover) == 0, "compiler/inner_loop.py reads two words");
_Static_assert(offsetof(struct block, launch) == 8, "compiler/inner_loop.py reads two words");
_Static_assert(offsetof(struct block, slots) == SLOTS_AT, "what `unused` fills up");
_Static_assert(offsetof(struct block, owner) == OWNER_AT, "a page of its own");
_Static_assert(sizeof(struct slot) == APART, "workers do not share cache lines");
_Static_assert(sizeof(int64_t) == sizeof(void *), "Python sets addresses as words");

// A job as one thread sees it.
struct job {
    loop *fn;
    char **args;
    const int64_t *dims, *steps;
    int64_t nargs, ndims, chunk, head;
};

static inline int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }

static inline int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

static inline uint64_t next_chunk(uint64_t state) { return state & 0xffff; }

static inline uint64_t chunks(uint64_t state) { return state >> 16 & 0xffff; }

// The number of threads that the calling thread may use: its own limit, else the process's.
static int64_t threads(struct block *b) {
    const int64_t key = LOAD(&b->key, relaxed);
    const int64_t own = key < 0 ? 0 : (int64_t)b->libc.pthread_getspecific((uint32_t)key);
    return own ? own : LOAD(&b->limit, relaxed);
}

static int64_t now(struct block *b) {
    struct moment time;
    b->libc.clock_gettime(MONOTONIC, &time);
    return time.seconds * 1000000000 + time.nanoseconds;
}

// Takes one core out of a thread's affinity, or puts it back. Returns false, having changed
// nothing, if it was so already, if no core would be left or if the kernel refuses.
static bool allow(struct block *b, uint64_t thread, int64_t cpu, bool allowed) {
    ARRAY uint64_t mask[CPU_WORDS];
    uint64_t any = 0;
    if (cpu < 0 || cpu >= MAX_CPUS || b->libc.pthread_getaffinity_np(thread, sizeof mask, mask))
        return false;
    const uint64_t bit = (uint64_t)1 << (cpu & 63);
    if (((mask[cpu / 64] & bit) != 0) == allowed)
        return false;
    mask[cpu / 64] ^= bit;
    for (int i = 0; i < CPU_WORDS; i++)
        any |= mask[i];
    return any && !b->libc.pthread_setaffinity_np(thread, sizeof mask, mask);
}

// Moves this thread off the core that the caller published: the kernel moves a thread whose
// affinity excludes its core, and the affinity is put back at once. Returns false if the thread
// sits there and cannot leave. Without this the median call on two threads took up to 2.5 times as
// long as on one.
static bool leave_callers_core(struct block *b) {
    const int64_t cpu = b->libc.sched_getcpu();
    if (cpu != LOAD(&b->cpu, relaxed))
        return true;
    const uint64_t self = b->libc.pthread_self();
    if (!allow(b, self, cpu, false))
        return false;
    allow(b, self, cpu, true);
    return true;
}

// Says whether a chunk is left that the thread may take.
static bool is_open(struct block *b, uint64_t state, int64_t index) {
    return next_chunk(state) < chunks(state) && index < LOAD(&b->helpers, relaxed);
}

// Runs chunk k of a claimed job, on copies of its arguments and dimensions.
static void run(struct block *b, const struct job *job, int64_t k) {
    ARRAY char *args[MAX_OPERANDS];
    ARRAY int64_t dims[MAX_OPERANDS];
    const int64_t start = k ? k * job->chunk + job->head : 0;
    const int64_t end = min((k + 1) * job->chunk + job->head, job->dims[0]);
    for (int64_t j = 0; j < job->nargs; j++)
        args[j] = job->args[j] + job->steps[j] * start;
    for (int64_t d = 1; d < job->ndims; d++)
        dims[d] = job->dims[d];
    dims[0] = end - start;
    job->fn(args, dims, job->steps, b);
}

// Claims a chunk and runs it. Returns false if there was none.
static bool take(struct block *b, int64_t index) {
    for (;;) {
        uint64_t state = LOAD(&b->state, acquire);
        if (!is_open(b, state, index))
            return false;
        // These may belong to a later job. The swap tells, and only then is any of them used.
        const struct job job = {
            .fn = LOAD(&b->fn, relaxed),
            .args = LOAD(&b->args, relaxed),
            .dims = LOAD(&b->dims, relaxed),
            .steps = LOAD(&b->steps, relaxed),
            .nargs = LOAD(&b->nargs, relaxed),
            .ndims = LOAD(&b->ndims, relaxed),
            .chunk = LOAD(&b->chunk, relaxed),
            .head = LOAD(&b->head, relaxed),
        };
        if (SWAP(&b->state, &state, state + 1, acq_rel, acquire)) {
            run(b, &job, (int64_t)next_chunk(state));
            return true;
        }
    }
}

// Waits for the semaphore, and takes back the core that `wake` excluded.
static void rest(struct block *b, struct slot *slot) {
    while (b->libc.sem_wait(slot->semaphore)) { // interrupted by a signal
    }
    const int64_t cpu = slot->excluded;
    if (cpu >= 0) {
        slot->excluded = -1;
        allow(b, b->libc.pthread_self(), cpu, true);
    }
}

// Sleeps until the semaphore is posted, unless there is work or the pool stops. Whoever turns
// `parked` from 1 to 0 decides: the worker itself goes on, anybody else posts. The fence here and
// that in `wake` make sure that the worker sees the work or the caller sees that it is parked.
// Returns false if the pool stops.
static bool park(struct block *b, struct slot *slot, int64_t index) {
    STORE(&slot->parked, 1, release); // and with it `excluded`, which `rest` has written
    atomic_thread_fence(memory_order_seq_cst);
    const bool stopping = LOAD(&b->stop, acquire);
    const bool needed = stopping || is_open(b, LOAD(&b->state, acquire), index);
    int64_t parked = 1;
    if (!needed || !SWAP(&slot->parked, &parked, 0, acq_rel, acquire))
        rest(b, slot);
    return !LOAD(&b->stop, acquire);
}

// Posts to those of the first `count` workers that are parked. A sleeping thread may be woken on
// the caller's core, where it would have to wait for the caller: that core is excluded until the
// thread runs.
static void wake(struct block *b, int64_t count) {
    atomic_thread_fence(memory_order_seq_cst);
    const int64_t cpu = LOAD(&b->cpu, relaxed);
    for (int64_t i = 0; i < count; i++) {
        struct slot *slot = &b->slots[i];
        if (LOAD(&slot->parked, acquire) != 1
            || atomic_exchange_explicit(&slot->parked, 0, memory_order_acq_rel) != 1)
            continue;
        slot->excluded = allow(b, slot->thread, cpu, false) ? cpu : -1;
        b->libc.sem_post(slot->semaphore);
    }
}

// Takes chunks, and looks for more until none has come for `patience` nanoseconds. Returns false if
// the pool stops.
static bool serve(struct block *b, int64_t index, int64_t patience) {
    leave_callers_core(b);
    int64_t since = now(b);
    for (int polls = 0;;) {
        if (take(b, index)) {
            atomic_fetch_add_explicit(&b->done, 1, memory_order_acq_rel);
            since = now(b);
            polls = 0;
            continue;
        }
        fastact_pool_pause();
        if (++polls < POLLS)
            continue;
        polls = 0;
        if (LOAD(&b->stop, acquire))
            return false;
        if (!leave_callers_core(b) || now(b) - since > patience)
            return true;
    }
}

// A worker: a thread that is made asleep.
static void *worker(void *argument) {
    struct slot *slot = argument;
    struct block *b = slot->block;
    const int64_t patience = slot->index < b->spinners ? b->spin_ns : 0;
    rest(b, slot);
    while (serve(b, slot->index, patience) && park(b, slot, slot->index)) {
    }
    return NULL;
}

static bool lock(struct block *b) {
    int64_t free = 0;
    return SWAP(&b->busy, &free, 1, acq_rel, acquire);
}

static void unlock(struct block *b) { STORE(&b->busy, 0, release); }

// Makes one worker. Returns false if the system refuses.
static bool hire(struct block *b, int64_t index) {
    struct slot *slot = &b->slots[index];
    slot->block = b;
    slot->index = index;
    slot->excluded = -1;
    STORE(&slot->parked, 1, relaxed);
    b->libc.sem_init(slot->semaphore, 0, 0);
    return !b->libc.pthread_create(&slot->thread, NULL, worker, slot);
}

// With `busy` held, makes workers until there are `want`. Returns how many there are. After a
// failure nothing is tried again until Python clears `failed`.
static int64_t grow(struct block *b, int64_t want) {
    ARRAY uint64_t old[SIGNAL_WORDS];
    int64_t workers = LOAD(&b->workers, relaxed);
    if (workers >= want || LOAD(&b->failed, relaxed))
        return workers;
    b->libc.pthread_sigmask(SET_MASK, b->signals, old); // which a new thread inherits
    while (workers < want) {
        if (!hire(b, workers)) {
            STORE(&b->failed, 1, relaxed);
            break;
        }
        STORE(&b->workers, ++workers, relaxed);
    }
    b->libc.pthread_sigmask(SET_MASK, old, NULL);
    return workers;
}

// Takes `busy` and ends all workers. Returns -1 if a launch is under way, else how many ended; the
// caller then gives `busy` back.
static int64_t quiesce(struct block *b) {
    if (!lock(b))
        return -1;
    const int64_t workers = LOAD(&b->workers, relaxed);
    STORE(&b->stop, 1, release);
    wake(b, workers);
    for (int64_t i = 0; i < workers; i++)
        b->libc.pthread_join(b->slots[i].thread, NULL);
    STORE(&b->workers, 0, relaxed);
    STORE(&b->stop, 0, release);
    return workers;
}

// With `busy` held: would workers have to be woken, or made, for a call that does not pay for it?
// Such a call wakes them only if it begins within `spin_ns` of the end of another one: so a burst
// of calls gets its workers.
static bool is_too_cold(struct block *b, int64_t work) {
    const bool cold = !LOAD(&b->workers, relaxed) || LOAD(&b->slots[0].parked, relaxed);
    return cold && work < b->cold_work && now(b) - LOAD(&b->cold_at, relaxed) > b->spin_ns;
}

// The elements of an elementwise job before the first cache line of its output, so that all chunks
// but the first begin with a line; 0 if a line is no whole number of elements.
static int64_t head(const struct job *job) {
    const uint64_t step = (uint64_t)job->steps[job->nargs - 1];
    const uint64_t address = (uint64_t)job->args[job->nargs - 1];
    const bool power_of_2 = step && !(step & (step - 1));
    if (job->ndims != 1 || !power_of_2 || step > LINE || address & (step - 1))
        return 0;
    return (int64_t)((-address & (LINE - 1)) / step);
}

// Divides a job among `threads` into chunks. Returns how many chunks there are.
static int64_t divide(struct job *job, int64_t threads, int64_t pieces) {
    const int64_t n = job->dims[0];
    const bool elementwise = job->ndims == 1;
    // Do rows lie side by side, so that one vector holds elements of many rows?
    const bool abreast = !elementwise && (uint64_t)job->steps[job->nargs - 1] <= 8;
    // Each thread gets four chunks; two or three, if those of rows side by side were narrower than
    // 256: the first and the last strip of a chunk take long.
    const int64_t most = abreast ? max(2 * threads, n / 256) : 4 * threads;
    const int64_t wanted = min(min(4 * threads, most), pieces);
    const int64_t even = (n + wanted - 1) / wanted;
    const int64_t unit = elementwise || (abreast && even >= 64) ? 64 : 1;
    job->chunk = (even + unit - 1) & -unit;
    job->head = head(job);
    return (n - job->head + job->chunk - 1) / job->chunk;
}

// Offers a job to the first `helpers` workers.
static void publish(struct block *b, const struct job *job, int64_t total, int64_t helpers) {
    STORE(&b->fn, job->fn, relaxed);
    STORE(&b->args, job->args, relaxed);
    STORE(&b->dims, job->dims, relaxed);
    STORE(&b->steps, job->steps, relaxed);
    STORE(&b->nargs, job->nargs, relaxed);
    STORE(&b->ndims, job->ndims, relaxed);
    STORE(&b->chunk, job->chunk, relaxed);
    STORE(&b->head, job->head, relaxed);
    STORE(&b->helpers, helpers, relaxed);
    STORE(&b->done, 0, relaxed);
    STORE(&b->launches, LOAD(&b->launches, relaxed) + 1, relaxed);
    STORE(&b->cpu, b->libc.sched_getcpu(), relaxed);
    const uint64_t epoch = (LOAD(&b->state, relaxed) >> 32) + 1;
    STORE(&b->state, epoch << 32 | (uint64_t)total << 16, release);
    wake(b, helpers);
}

// Runs chunks of the published job until none is left, and waits for those of the workers.
static void finish(struct block *b, int64_t total) {
    int64_t theirs = total;
    while (take(b, CALLER))
        theirs--;
    for (uint64_t i = 0; LOAD(&b->done, acquire) != theirs; i++) {
        if (i < PATIENCE)
            fastact_pool_pause();
        else
            b->libc.sched_yield();
    }
}

// Runs a loop over dims[0], in chunks and on several threads where that pays: a stretch of a call
// of `whole` elements.
static void share(struct block *b, const struct job *given, int64_t work, int64_t whole) {
    struct job job = *given;
    const int64_t pieces = work / b->min_chunk;
    const int64_t want = min(threads(b), pieces) - 1;
    const bool fits = job.nargs <= MAX_OPERANDS && job.ndims <= MAX_OPERANDS;
    if (want < 1 || job.dims[0] < 2 || !fits || !LOAD(&b->owner, relaxed) || !lock(b)) {
        job.fn(job.args, job.dims, job.steps, b);
        return;
    }
    if (is_too_cold(b, whole)) {
        unlock(b);
        job.fn(job.args, job.dims, job.steps, b);
        STORE(&b->cold_at, now(b), relaxed);
        return;
    }
    const int64_t crew = min(grow(b, want), want);
    const int64_t total = divide(&job, crew + 1, pieces);
    const int64_t helpers = min(crew, total - 1);
    if (helpers < 1) {
        unlock(b);
        job.fn(job.args, job.dims, job.steps, b);
        return;
    }
    publish(b, &job, total, helpers);
    finish(b, total);
    unlock(b);
}

// Is this the main thread, in a call that can raise what a handler of a signal raises?
static bool is_watching(struct block *b) {
    return b->libc.pthread_self() == LOAD(&b->main, relaxed) && b->watching;
}

// In the main thread, with no job in the pool: after enough time, runs the handlers of signals that
// have come. They are Python, and may call loops or fork. Returns whether one of them has raised.
static bool is_interrupted(struct block *b, int64_t work) {
    b->unwatched += work;
    if (b->raised || b->unwatched < LOOK)
        return b->raised;
    b->unwatched = 0;
    const int64_t time = now(b);
    if (time - b->looked_at < EVERY_NS)
        return false;
    b->looked_at = time;
    b->watching = 0;
    const int32_t state = b->acquire();
    b->raised = b->check_signals() != 0;
    b->release(state);
    b->watching = 1;
    return b->raised;
}

// The length of the first stretch of a job, and what that of each is a multiple of.
static int64_t shortest(struct block *b, const struct job *job, int64_t work) {
    const bool abreast = job->ndims == 2 && (uint64_t)job->steps[job->nargs - 1] <= 8;
    const int64_t units = job->ndims == 1 ? 64 : threads(b) * (abreast ? 64 : 4);
    const int64_t of_one = max(work / job->dims[0], 1);
    return max((abreast ? ABREAST : STRETCH) / of_one / units, 1) * units;
}

// Runs a long job in stretches of some milliseconds, and looks for signals between them. Returns
// whether a handler has raised: what is left is then not done.
static bool stretch(struct block *b, const struct job *job, int64_t work) {
    ARRAY char *args[MAX_OPERANDS];
    ARRAY int64_t dims[MAX_OPERANDS];
    const int64_t n = job->dims[0], least = shortest(b, job, work);
    struct job part = *job;
    part.args = args;
    part.dims = dims;
    for (int64_t d = 1; d < job->ndims; d++)
        dims[d] = job->dims[d];
    for (int64_t start = 0, length = least; start < n; start += dims[0]) {
        const int64_t before = now(b);
        for (int64_t j = 0; j < job->nargs; j++)
            args[j] = job->args[j] + job->steps[j] * start;
        dims[0] = n - start < 2 * length ? n - start : length;
        share(b, &part, (int64_t)((double)work / (double)n * (double)dims[0]), work);
        const int64_t took = now(b) - before;
        if (took < SHORT_NS)
            length *= 2;
        else if (took > LONG_NS)
            length = max(length / 2 / least, 1) * least;
        if (is_interrupted(b, LOOK))
            return true;
    }
    return false;
}

// Runs fn(args, dims, steps, b) over dims[0], of `work` elements. Returns whether a handler of a
// signal has raised, so that not all may be done.
static int64_t launch(struct block *b, loop *fn, char **args, const int64_t *dims,
                      const int64_t *steps, int64_t nargs, int64_t ndims, int64_t nsteps,
                      int64_t work) {
    const struct job job = {fn, args, dims, steps, nargs, ndims, 0, 0};
    const bool watching = is_watching(b);
    if (watching && b->raised)
        return true;
    if (watching && work >= STRETCHED && nargs <= MAX_OPERANDS && ndims <= MAX_OPERANDS)
        return stretch(b, &job, work);
    share(b, &job, work, work);
    return watching && is_interrupted(b, work);
}

// Calls a loop for a ufunc. Returns -1 if a handler of a signal has raised, which NumPy then does.
// NumPy may call a loop for a few elements of a large call at a time: these are counted.
static int64_t run_for_ufunc(struct block *b, loop *fn, char **args, const int64_t *dims,
                             const int64_t *steps, int64_t ndims) {
    if (b->libc.pthread_self() != LOAD(&b->main, relaxed)) {
        fn(args, dims, steps, b);
        return 0;
    }
    const int64_t watching = b->watching, raised = b->raised; // of a call that a handler is in
    b->watching = 1;
    b->raised = 0;
    fn(args, dims, steps, b);
    int64_t work = dims[0];
    for (int64_t d = 1; d < ndims; d++)
        work *= dims[d];
    const bool interrupted = is_interrupted(b, work + CALL_COST);
    b->watching = watching;
    b->raised = raised;
    return interrupted ? -1 : 0;
}

// The one symbol: tells the block where the code is.
void fastact_pool_native(struct block *b) {
    b->launch = launch;
    b->quiesce = quiesce;
    b->call = run_for_ufunc;
}

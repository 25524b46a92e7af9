"""tools/pool_ir.py made this from pool.c (77fc6eb4da18610c): offsets in bytes."""

from __future__ import annotations

FIELDS = {
    "cutover": 0,
    "launch": 8,
    "limit": 16,
    "key": 24,
    "min_chunk": 32,
    "spin_ns": 40,
    "spinners": 48,
    "cold_work": 56,
    "quiesce": 64,
    "signals": 176,
    "busy": 384,
    "workers": 392,
    "failed": 400,
    "launches": 408,
    "cold_at": 416,
    "state": 512,
    "cpu": 520,
    "stop": 528,
    "helpers": 536,
    "fn": 576,
    "args": 584,
    "dims": 592,
    "steps": 600,
    "nargs": 608,
    "ndims": 616,
    "chunk": 624,
    "head": 632,
    "done": 640,
    "slots": 768,
    "owner": 262144,
}

LIBC = {
    "pthread_create": 72,
    "pthread_join": 80,
    "pthread_sigmask": 88,
    "pthread_getspecific": 96,
    "sem_init": 104,
    "sem_wait": 112,
    "sem_post": 120,
    "clock_gettime": 128,
    "sched_getcpu": 136,
    "sched_yield": 144,
    "pthread_self": 152,
    "pthread_getaffinity_np": 160,
    "pthread_setaffinity_np": 168,
}

SLOT = {
    "semaphore": 0,
    "thread": 32,
    "block": 40,
    "index": 48,
    "parked": 56,
    "excluded": 64,
}

SLOT_SIZE = 128
MAX_THREADS = 1024

"""tools/native_ir.py made this from pool.c (b792471251700ce9): offsets in bytes."""

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
    "call": 72,
    "main": 80,
    "acquire": 88,
    "release": 96,
    "check_signals": 104,
    "signals": 216,
    "watching": 384,
    "raised": 392,
    "unwatched": 400,
    "looked_at": 408,
    "busy": 512,
    "workers": 520,
    "failed": 528,
    "launches": 536,
    "cold_at": 544,
    "state": 640,
    "cpu": 648,
    "stop": 656,
    "helpers": 664,
    "fn": 704,
    "args": 712,
    "dims": 720,
    "steps": 728,
    "nargs": 736,
    "ndims": 744,
    "chunk": 752,
    "head": 760,
    "done": 768,
    "slots": 896,
    "owner": 262144,
}

LIBC = {
    "pthread_create": 112,
    "pthread_join": 120,
    "pthread_sigmask": 128,
    "pthread_getspecific": 136,
    "sem_init": 144,
    "sem_wait": 152,
    "sem_post": 160,
    "clock_gettime": 168,
    "sched_getcpu": 176,
    "sched_yield": 184,
    "pthread_self": 192,
    "pthread_getaffinity_np": 200,
    "pthread_setaffinity_np": 208,
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

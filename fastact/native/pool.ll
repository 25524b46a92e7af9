; The code of the thread pool; native/pool.py tells how it works and what replaces the words that
; begin with a dollar sign. %b is the block, %b.NAME the address of a field, %s.NAME one of %slot.

; Threads that the calling thread may use: its own override, else the process's limit.
define internal i64 @threads(ptr %b) #0 {
$fields
  %limit = load atomic i64, ptr %b.limit monotonic, align 8
  %key = load atomic i64, ptr %b.key monotonic, align 8
  %none = icmp slt i64 %key, 0
  br i1 %none, label %common, label %override
common:
  ret i64 %limit
override:
  %get = load ptr, ptr %b.pthread_getspecific
  %key32 = trunc i64 %key to i32
  %own = call ptr %get(i32 %key32)
  %value = ptrtoint ptr %own to i64
  %unset = icmp eq i64 %value, 0
  %result = select i1 %unset, i64 %limit, i64 %value
  ret i64 %result
}

define internal i64 @now(ptr %b) #0 {
$fields
  %time = alloca [2 x i64]
  %get = load ptr, ptr %b.clock_gettime
  %rc = call i32 %get(i32 1, ptr %time)
  %s = load i64, ptr %time
  %nanos = getelementptr i64, ptr %time, i64 1
  %ns = load i64, ptr %nanos
  %scaled = mul i64 %s, 1000000000
  %result = add i64 %scaled, %ns
  ret i64 %result
}

; Takes one core out of a thread's affinity, or puts it back. False if that cannot be, or if it was
; so already: then nothing has changed.
define internal i1 @allow(ptr %b, i64 %thread, i64 %cpu, i1 %allowed) #0 {
$fields
  %mask = alloca [128 x i64], align 8
  %known = icmp ult i64 %cpu, 8192
  br i1 %known, label %look, label %no
look:
  %get = load ptr, ptr %b.pthread_getaffinity_np
  %got = call i32 %get(i64 %thread, i64 1024, ptr %mask)
  %ok = icmp eq i32 %got, 0
  br i1 %ok, label %flip, label %no
flip:
  %index = lshr i64 %cpu, 6
  %shift = and i64 %cpu, 63
  %bit = shl i64 1, %shift
  %at = getelementptr i64, ptr %mask, i64 %index
  %old = load i64, ptr %at
  %new = xor i64 %old, %bit
  store i64 %new, ptr %at
  %was = and i64 %old, %bit
  %was_allowed = icmp ne i64 %was, 0
  %changes = xor i1 %was_allowed, %allowed
  br i1 %changes, label %count, label %no
count:
  %i = phi i64 [ 0, %flip ], [ %i1, %count ]
  %any = phi i64 [ 0, %flip ], [ %any1, %count ]
  %from = getelementptr i64, ptr %mask, i64 %i
  %word = load i64, ptr %from
  %any1 = or i64 %any, %word
  %i1 = add i64 %i, 1
  %more = icmp ult i64 %i1, 128
  br i1 %more, label %count, label %counted
counted:
  %left = icmp ne i64 %any1, 0
  br i1 %left, label %change, label %no
change:
  %set = load ptr, ptr %b.pthread_setaffinity_np
  %rc = call i32 %set(i64 %thread, i64 1024, ptr %mask)
  %done = icmp eq i32 %rc, 0
  ret i1 %done
no:
  ret i1 false
}

; Leaves the core that the caller published, if this thread sits on it: the kernel moves a thread
; whose affinity excludes its core, and the affinity is put back at once. True if it must stay.
; Without this the median call on two threads took up to 2.5 times as long as on one.
define internal i1 @must_stay(ptr %b) #0 {
$fields
  %getcpu = load ptr, ptr %b.sched_getcpu
  %here = call i32 %getcpu()
  %cpu = sext i32 %here to i64
  %caller = load atomic i64, ptr %b.cpu monotonic, align 8
  %same = icmp eq i64 %cpu, %caller
  br i1 %same, label %leave, label %away
leave:
  %get = load ptr, ptr %b.pthread_self
  %self = call i64 %get()
  %left = call i1 @allow(ptr %b, i64 %self, i64 %cpu, i1 false)
  br i1 %left, label %restore, label %stay
restore:
  %restored = call i1 @allow(ptr %b, i64 %self, i64 %cpu, i1 true)
  ret i1 false
stay:
  ret i1 true
away:
  ret i1 false
}

; Is there a chunk that the worker may take?
define internal i1 @open(ptr %b, i64 %word, i64 %index) #0 {
$fields
  %next = and i64 %word, 65535
  %shifted = lshr i64 %word, 16
  %total = and i64 %shifted, 65535
  %left = icmp ult i64 %next, %total
  %helpers = load atomic i64, ptr %b.helpers monotonic, align 8
  %welcome = icmp slt i64 %index, %helpers
  %result = and i1 %left, %welcome
  ret i1 %result
}

; Runs chunk k of a claimed job on private copies of args and dims.
define internal void @run(ptr %b, ptr %fn, ptr %args, ptr %dims, ptr %steps, i64 %nargs,
                          i64 %ndims, i64 %chunk, i64 %head, i64 %k) #0 {
  %own_args = alloca [64 x ptr], align 16
  %own_dims = alloca [64 x i64], align 16
  %n = load i64, ptr %dims
  %offset = mul i64 %k, %chunk
  %later = add i64 %offset, %head
  %first = icmp eq i64 %k, 0
  %start = select i1 %first, i64 0, i64 %later
  %after = add i64 %later, %chunk
  %whole = icmp slt i64 %after, %n
  %end = select i1 %whole, i64 %after, i64 %n
  %length = sub i64 %end, %start
  br label %shift
shift:
  %j = phi i64 [ 0, %0 ], [ %j1, %shift ]
  %arg_from = getelementptr ptr, ptr %args, i64 %j
  %step_from = getelementptr i64, ptr %steps, i64 %j
  %arg_to = getelementptr ptr, ptr %own_args, i64 %j
  %arg = load ptr, ptr %arg_from
  %step = load i64, ptr %step_from
  %bytes = mul i64 %step, %start
  %moved = getelementptr i8, ptr %arg, i64 %bytes
  store ptr %moved, ptr %arg_to
  %j1 = add i64 %j, 1
  %more_args = icmp slt i64 %j1, %nargs
  br i1 %more_args, label %shift, label %copy
copy:
  %d = phi i64 [ 0, %shift ], [ %d1, %copy ]
  %dim_from = getelementptr i64, ptr %dims, i64 %d
  %dim_to = getelementptr i64, ptr %own_dims, i64 %d
  %dim = load i64, ptr %dim_from
  store i64 %dim, ptr %dim_to
  %d1 = add i64 %d, 1
  %more_dims = icmp slt i64 %d1, %ndims
  br i1 %more_dims, label %copy, label %ready
ready:
  store i64 %length, ptr %own_dims
  call void %fn(ptr %own_args, ptr %own_dims, ptr %steps, ptr %b)
  ret void
}

; Claims a chunk and runs it. False if there was none. The caller's index is -1.
define internal i1 @take(ptr %b, i64 %index) #0 {
$fields
  br label %look
look:
  %word = load atomic i64, ptr %b.state acquire, align 8
  %open = call i1 @open(ptr %b, i64 %word, i64 %index)
  br i1 %open, label %read, label %none
read:
  %fn = load atomic ptr, ptr %b.fn monotonic, align 8
  %args = load atomic ptr, ptr %b.args monotonic, align 8
  %dims = load atomic ptr, ptr %b.dims monotonic, align 8
  %steps = load atomic ptr, ptr %b.steps monotonic, align 8
  %nargs = load atomic i64, ptr %b.nargs monotonic, align 8
  %ndims = load atomic i64, ptr %b.ndims monotonic, align 8
  %chunk = load atomic i64, ptr %b.chunk monotonic, align 8
  %head = load atomic i64, ptr %b.head monotonic, align 8
  %claimed = add i64 %word, 1
  %swap = cmpxchg ptr %b.state, i64 %word, i64 %claimed acq_rel acquire, align 8
  %won = extractvalue { i64, i1 } %swap, 1
  br i1 %won, label %work, label %look
work:
  %k = and i64 %word, 65535
  call void @run(ptr %b, ptr %fn, ptr %args, ptr %dims, ptr %steps, i64 %nargs, i64 %ndims,
                 i64 %chunk, i64 %head, i64 %k)
  ret i1 true
none:
  ret i1 false
}

; Sleeps until the semaphore is posted, unless there is work or the pool stops. Whoever turns
; `parked` from 1 to 0 decides: the worker itself goes on, anybody else posts.
define internal void @park(ptr %b, ptr %slot, i64 %index) #0 {
$fields
$slot
  store atomic i64 1, ptr %s.parked monotonic, align 8
  fence seq_cst
  %stop = load atomic i64, ptr %b.stop acquire, align 8
  %word = load atomic i64, ptr %b.state acquire, align 8
  %open = call i1 @open(ptr %b, i64 %word, i64 %index)
  %stopping = icmp ne i64 %stop, 0
  %stay = or i1 %open, %stopping
  br i1 %stay, label %undo, label %wait
undo:
  %swap = cmpxchg ptr %s.parked, i64 1, i64 0 acq_rel acquire, align 8
  %won = extractvalue { i64, i1 } %swap, 1
  br i1 %won, label %end, label %wait
wait:
  call void @rest(ptr %b, ptr %slot)
  br label %end
end:
  ret void
}

; Waits for the semaphore, and takes back the core that `wake` excluded.
define internal void @rest(ptr %b, ptr %slot) #0 {
$fields
$slot
  br label %wait
wait:
  %sleep = load ptr, ptr %b.sem_wait
  %rc = call i32 %sleep(ptr %slot)
  %interrupted = icmp ne i32 %rc, 0
  br i1 %interrupted, label %wait, label %woken
woken:
  %cpu = load i64, ptr %s.excluded
  %free = icmp slt i64 %cpu, 0
  br i1 %free, label %end, label %restore
restore:
  store i64 -1, ptr %s.excluded
  %get = load ptr, ptr %b.pthread_self
  %self = call i64 %get()
  %restored = call i1 @allow(ptr %b, i64 %self, i64 %cpu, i1 true)
  br label %end
end:
  ret void
}

; Posts to the first `count` workers, where they are parked. A sleeping thread may be woken on the
; caller's core, behind the caller: that core is excluded until it runs.
define internal void @wake(ptr %b, i64 %count) #0 {
$fields
  fence seq_cst
  %cpu = load atomic i64, ptr %b.cpu monotonic, align 8
  br label %next
next:
  %i = phi i64 [ 0, %0 ], [ %i1, %awake ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %look, label %end
look:
  %offset = mul i64 %i, $size
  %slot = getelementptr i8, ptr %b.slots, i64 %offset
$slot
  %seen = load atomic i64, ptr %s.parked acquire, align 8
  %parked = icmp eq i64 %seen, 1
  br i1 %parked, label %claim, label %awake
claim:
  %was = atomicrmw xchg ptr %s.parked, i64 0 acq_rel, align 8
  %ours = icmp eq i64 %was, 1
  br i1 %ours, label %post, label %awake
post:
  %thread = load i64, ptr %s.thread
  %left = call i1 @allow(ptr %b, i64 %thread, i64 %cpu, i1 false)
  %excluded = select i1 %left, i64 %cpu, i64 -1
  store i64 %excluded, ptr %s.excluded
  %send = load ptr, ptr %b.sem_post
  %rc = call i32 %send(ptr %slot)
  br label %awake
awake:
  %i1 = add i64 %i, 1
  br label %next
end:
  ret void
}

; A worker: made asleep, takes chunks when woken, spins for `spin_ns` when there are none, then parks.
define internal ptr @worker(ptr %slot) #0 {
$slot
  %b = load ptr, ptr %s.block
$fields
  %index = load i64, ptr %s.index
  %limit = load i64, ptr %b.spin_ns
  %spinners = load i64, ptr %b.spinners
  %spins = icmp slt i64 %index, %spinners
  %patience = select i1 %spins, i64 %limit, i64 0
  call void @rest(ptr %b, ptr %slot)
  br label %awake
awake:
  %first_stay = call i1 @must_stay(ptr %b)
  br label %idle
idle:
  %since = call i64 @now(ptr %b)
  br label %poll
poll:
  %i = phi i64 [ 0, %idle ], [ %i1, %pause ], [ 0, %check ]
  %ran = call i1 @take(ptr %b, i64 %index)
  br i1 %ran, label %count, label %pause
count:
  %before = atomicrmw add ptr %b.done, i64 1 acq_rel, align 8
  br label %idle
pause:
  $pause
  %i1 = add i64 %i, 1
  %fast = icmp ult i64 %i1, 32
  br i1 %fast, label %poll, label %slow
slow:
  %stop = load atomic i64, ptr %b.stop acquire, align 8
  %stopping = icmp ne i64 %stop, 0
  br i1 %stopping, label %exit, label %check
check:
  %stay = call i1 @must_stay(ptr %b)
  %time = call i64 @now(ptr %b)
  %waited = sub i64 %time, %since
  %bored = icmp sgt i64 %waited, %patience
  %parks = or i1 %stay, %bored
  br i1 %parks, label %sleep, label %poll
sleep:
  call void @park(ptr %b, ptr %slot, i64 %index)
  %stop2 = load atomic i64, ptr %b.stop acquire, align 8
  %stopping2 = icmp ne i64 %stop2, 0
  br i1 %stopping2, label %exit, label %awake
exit:
  ret ptr null
}

; Makes workers up to `want`, once `busy` is held. After a failure there are no more attempts
; until Python clears `failed`. Returns how many there are.
define internal i64 @grow(ptr %b, i64 %want) #0 {
$fields
  %old = alloca [16 x i64], align 16
  %have = load atomic i64, ptr %b.workers monotonic, align 8
  %failed = load atomic i64, ptr %b.failed monotonic, align 8
  %enough = icmp sge i64 %have, %want
  %gave_up = icmp ne i64 %failed, 0
  %nothing = or i1 %enough, %gave_up
  br i1 %nothing, label %same, label %begin
same:
  ret i64 %have
begin:
  %mask = load ptr, ptr %b.pthread_sigmask
  %masked = call i32 %mask(i32 2, ptr %b.signals, ptr %old)
  br label %make
make:
  %i = phi i64 [ %have, %begin ], [ %i1, %made ]
  %offset = mul i64 %i, $size
  %slot = getelementptr i8, ptr %b.slots, i64 %offset
$slot
  store ptr %b, ptr %s.block
  store i64 %i, ptr %s.index
  store i64 -1, ptr %s.excluded
  store atomic i64 1, ptr %s.parked monotonic, align 8
  %init = load ptr, ptr %b.sem_init
  %ready = call i32 %init(ptr %slot, i32 0, i32 0)
  %create = load ptr, ptr %b.pthread_create
  %rc = call i32 %create(ptr %s.thread, ptr null, ptr @worker, ptr %slot)
  %refused = icmp ne i32 %rc, 0
  br i1 %refused, label %fail, label %made
made:
  %i1 = add i64 %i, 1
  store atomic i64 %i1, ptr %b.workers monotonic, align 8
  %more = icmp slt i64 %i1, %want
  br i1 %more, label %make, label %end
fail:
  store atomic i64 1, ptr %b.failed monotonic, align 8
  br label %end
end:
  %count = phi i64 [ %i1, %made ], [ %i, %fail ]
  %unmasked = call i32 %mask(i32 2, ptr %old, ptr null)
  ret i64 %count
}

; Takes `busy` and ends all workers. Returns -1 if a launch is under way, else how many ended;
; the caller then gives `busy` back.
define internal i64 @quiesce(ptr %b) #0 {
$fields
  %swap = cmpxchg ptr %b.busy, i64 0, i64 1 acq_rel acquire, align 8
  %won = extractvalue { i64, i1 } %swap, 1
  br i1 %won, label %begin, label %lost
lost:
  ret i64 -1
begin:
  %workers = load atomic i64, ptr %b.workers monotonic, align 8
  store atomic i64 1, ptr %b.stop release, align 8
  call void @wake(ptr %b, i64 %workers)
  br label %next
next:
  %i = phi i64 [ 0, %begin ], [ %i1, %join ]
  %more = icmp slt i64 %i, %workers
  br i1 %more, label %join, label %end
join:
  %offset = mul i64 %i, $size
  %slot = getelementptr i8, ptr %b.slots, i64 %offset
$slot
  %thread = load i64, ptr %s.thread
  %wait = load ptr, ptr %b.pthread_join
  %rc = call i32 %wait(i64 %thread, ptr null)
  %i1 = add i64 %i, 1
  br label %next
end:
  store atomic i64 0, ptr %b.workers monotonic, align 8
  store atomic i64 0, ptr %b.stop release, align 8
  ret i64 %workers
}

; With `busy` held: would workers have to be woken (or made) for a call that does not pay for it?
; Such a call wakes them only if it begins within `spin_ns` of the end of another one: a burst stays
; hot.
define internal i1 @too_cold(ptr %b, i64 %work) #0 {
$fields
  %workers = load atomic i64, ptr %b.workers monotonic, align 8
  %none = icmp eq i64 %workers, 0
  %slot = getelementptr i8, ptr %b.slots, i64 0
$slot
  %parked = load atomic i64, ptr %s.parked monotonic, align 8
  %asleep = icmp ne i64 %parked, 0
  %cold = or i1 %none, %asleep
  %enough = load i64, ptr %b.cold_work
  %small = icmp slt i64 %work, %enough
  %doubt = and i1 %cold, %small
  br i1 %doubt, label %measure, label %go
measure:
  %time = call i64 @now(ptr %b)
  %last = load atomic i64, ptr %b.cold_at monotonic, align 8
  %gap = sub i64 %time, %last
  %window = load i64, ptr %b.spin_ns
  %apart = icmp sgt i64 %gap, %window
  ret i1 %apart
go:
  ret i1 false
}

; Runs fn(args, dims, steps, block) over dims[0], in chunks and on several threads where that pays.
; The first chunk is longer by `head`, so that the others start at 64-byte lines of the output.
define internal void @launch(ptr %b, ptr %fn, ptr %args, ptr %dims, ptr %steps, i64 %nargs,
                             i64 %ndims, i64 %nsteps, i64 %work) #0 {
$fields
  %n = load i64, ptr %dims
  %threads = call i64 @threads(ptr %b)
  %min_chunk = load i64, ptr %b.min_chunk
  %pieces = udiv i64 %work, %min_chunk
  %most_helpers = sub i64 %threads, 1
  %most_pieces = sub i64 %pieces, 1
  %want = call i64 @llvm.smin.i64(i64 %most_helpers, i64 %most_pieces)
  %useful = icmp sgt i64 %want, 0
  %long = icmp sgt i64 %n, 1
  %widest = call i64 @llvm.umax.i64(i64 %nargs, i64 %ndims)
  %fits = icmp ule i64 %widest, 64
  %owner = load atomic i64, ptr %b.owner monotonic, align 8
  %native = icmp ne i64 %owner, 0
  %a = and i1 %useful, %long
  %c = and i1 %fits, %native
  %try = and i1 %a, %c
  br i1 %try, label %lock, label %serial
lock:
  %swap = cmpxchg ptr %b.busy, i64 0, i64 1 acq_rel monotonic, align 8
  %won = extractvalue { i64, i1 } %swap, 1
  br i1 %won, label %warm, label %serial
warm:
  %cold = call i1 @too_cold(ptr %b, i64 %work)
  br i1 %cold, label %alone, label %plan
alone:
  store atomic i64 0, ptr %b.busy release, align 8
  call void %fn(ptr %args, ptr %dims, ptr %steps, ptr %b)
  %finished_at = call i64 @now(ptr %b)
  store atomic i64 %finished_at, ptr %b.cold_at monotonic, align 8
  ret void
plan:
  %workers = call i64 @grow(ptr %b, i64 %want)
  %crew = call i64 @llvm.smin.i64(i64 %workers, i64 %want)
  %crew_and_caller = add i64 %crew, 1
  ; four chunks for each thread, unless those of rows side by side are narrower than 256: the first
  ; and the last strip of a chunk take long
  %elementwise = icmp eq i64 %ndims, 1
  %last = sub i64 %nargs, 1
  %step_at = getelementptr i64, ptr %steps, i64 %last
  %step = load i64, ptr %step_at
  %beside = icmp ule i64 %step, 8
  %abreast = select i1 %elementwise, i1 false, i1 %beside
  %two_each = shl i64 %crew_and_caller, 1
  %four_each = shl i64 %crew_and_caller, 2
  %of_256 = udiv i64 %n, 256
  %broad = call i64 @llvm.smax.i64(i64 %two_each, i64 %of_256)
  %most = select i1 %abreast, i64 %broad, i64 %four_each
  %wanted = call i64 @llvm.smin.i64(i64 %four_each, i64 %most)
  %chunks = call i64 @llvm.smin.i64(i64 %wanted, i64 %pieces)
  ; the offset of the last argument's first cache line, where a line is a whole number of elements
  %out_at = getelementptr ptr, ptr %args, i64 %last
  %out = load ptr, ptr %out_at
  %address = ptrtoint ptr %out to i64
  %bits = call i64 @llvm.ctpop.i64(i64 %step)
  %power = icmp eq i64 %bits, 1
  %small = icmp ule i64 %step, 64
  %below = sub i64 %step, 1
  %odd = and i64 %address, %below
  %whole = icmp eq i64 %odd, 0
  %e = and i1 %elementwise, %power
  %f = and i1 %small, %whole
  %alignable = and i1 %e, %f
  %divisor = select i1 %alignable, i64 %step, i64 64
  %negated = sub i64 0, %address
  %gap = and i64 %negated, 63
  %gap_elements = udiv i64 %gap, %divisor
  %head = select i1 %alignable, i64 %gap_elements, i64 0
  ; the length of a chunk: a multiple of 64 elements, which may be rows that lie side by side
  %up = add i64 %n, %chunks
  %up1 = sub i64 %up, 1
  %even = udiv i64 %up1, %chunks
  %many = icmp uge i64 %even, 64
  %strips = and i1 %abreast, %many
  %in_units = or i1 %elementwise, %strips
  %unit = select i1 %in_units, i64 64, i64 1
  %up2 = add i64 %even, %unit
  %up3 = sub i64 %up2, 1
  %mask = sub i64 0, %unit
  %chunk = and i64 %up3, %mask
  %body = sub i64 %n, %head
  %body1 = add i64 %body, %chunk
  %body2 = sub i64 %body1, 1
  %total = sdiv i64 %body2, %chunk
  %others = sub i64 %total, 1
  %helpers = call i64 @llvm.smin.i64(i64 %crew, i64 %others)
  %split = icmp sgt i64 %helpers, 0
  br i1 %split, label %publish, label %unlock
unlock:
  store atomic i64 0, ptr %b.busy release, align 8
  br label %serial
serial:
  call void %fn(ptr %args, ptr %dims, ptr %steps, ptr %b)
  ret void
publish:
  store atomic ptr %fn, ptr %b.fn monotonic, align 8
  store atomic ptr %args, ptr %b.args monotonic, align 8
  store atomic ptr %dims, ptr %b.dims monotonic, align 8
  store atomic ptr %steps, ptr %b.steps monotonic, align 8
  store atomic i64 %nargs, ptr %b.nargs monotonic, align 8
  store atomic i64 %ndims, ptr %b.ndims monotonic, align 8
  store atomic i64 %chunk, ptr %b.chunk monotonic, align 8
  store atomic i64 %head, ptr %b.head monotonic, align 8
  store atomic i64 %helpers, ptr %b.helpers monotonic, align 8
  store atomic i64 0, ptr %b.done monotonic, align 8
  %launches = load atomic i64, ptr %b.launches monotonic, align 8
  %launches1 = add i64 %launches, 1
  store atomic i64 %launches1, ptr %b.launches monotonic, align 8
  %getcpu = load ptr, ptr %b.sched_getcpu
  %cpu = call i32 %getcpu()
  %cpu64 = sext i32 %cpu to i64
  store atomic i64 %cpu64, ptr %b.cpu monotonic, align 8
  %state = load atomic i64, ptr %b.state monotonic, align 8
  %epoch = lshr i64 %state, 32
  %epoch1 = add i64 %epoch, 1
  %high = shl i64 %epoch1, 32
  %middle = shl i64 %total, 16
  %word = or i64 %high, %middle
  store atomic i64 %word, ptr %b.state release, align 8
  call void @wake(ptr %b, i64 %helpers)
  br label %share
share:
  %mine = phi i64 [ 0, %publish ], [ %mine1, %share ]
  %mine1 = add i64 %mine, 1
  %ran = call i1 @take(ptr %b, i64 -1)
  br i1 %ran, label %share, label %drain
drain:
  %theirs = sub i64 %total, %mine
  br label %wait
wait:
  %i = phi i64 [ 0, %drain ], [ %i1, %pause ], [ %i1, %yield ]
  %i1 = add i64 %i, 1
  %done = load atomic i64, ptr %b.done acquire, align 8
  %finished = icmp eq i64 %done, %theirs
  br i1 %finished, label %end, label %again
again:
  %soon = icmp ult i64 %i, $patience
  br i1 %soon, label %pause, label %yield
pause:
  $pause
  br label %wait
yield:
  %give = load ptr, ptr %b.sched_yield
  %rc = call i32 %give()
  br label %wait
end:
  store atomic i64 0, ptr %b.busy release, align 8
  ret void
}

; The one symbol, which native/pool.py calls once: tells the block where the code is.
define void @fastact_pool_native(ptr %b) #0 {
$fields
  store ptr @launch, ptr %b.launch
  store ptr @quiesce, ptr %b.quiesce
  ret void
}

declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.umax.i64(i64, i64)
declare i64 @llvm.ctpop.i64(i64)
$hint
attributes #0 = { nounwind "no-builtins" }

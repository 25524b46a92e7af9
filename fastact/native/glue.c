// The code between NumPy or Python and the loops: what Python would do too slowly in each call. It
// finds the loop of the call's dtypes, checks keywords, and runs plain calls, which are steps of
// ufuncs. The docstring of native/glue.py says who calls what; tools/native_ir.py lowers this file
// to the LLVM IR that the package carries.
//
// It is C11 without a C library and without Python's headers, so that one text serves every Python.
// What it needs of Python are addresses in a `struct python`.

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An array is aligned as x86-64 asks, everywhere: so the IR is one for all machines.
#define ARRAY _Alignas(16)

// A Python object: only its address is known here.
typedef struct object object;

// An inner loop, as NumPy calls it, and `call` of pool.c, which runs one that signals can stop.
typedef void loop(char **args, const int64_t *dims, const int64_t *steps, void *data);
typedef int64_t way(void *data, loop *run, char **args, const int64_t *dims, const int64_t *steps,
                    int64_t ndims);

// What native/glue.py defines, in bytes: the sizes of the head of any object and of a tuple; where
// NumPy's ufunc has its number of loops and their data; where the block of the pool has its `way`.
extern const int64_t fastact_glue_head, fastact_glue_tuple;
extern const int64_t fastact_glue_ntypes, fastact_glue_data, fastact_glue_way;

enum {
    BOOL = 0, // NumPy's numbers of dtypes
    HALF = 23,
    SINGLE = 11,
    DOUBLE = 12,
    MOST_KEYWORDS = 6, // of a form, with the arguments after the first
    MOST_OPERANDS = 8, // of a step
    MOST_ARGUMENTS = 8, // of a call whose error is explained
    CONTIGUOUS = 0x1, // NumPy's flags
    WRITEABLE = 0x400,
    SMALL = 1 << 18,   // elements of the largest array with a mask: SLAB of row_function.py
    LOSSES = 1 << 16   // that are summed at once: SLAB of losses/shared.py
};
#define COLD 0x1p-512 // kernels take the reciprocals of temperatures between these
#define HOT 0x1p512

// What is called of Python, and the objects that are compared with.
struct python {
    int32_t (*acquire)(void);
    void (*release)(int32_t state);
    object *(*call)(object *function);
    void (*forget)(object *thing);
    object *(*vectorcall)(object *function, object *const *args, size_t count, object *names);
    int64_t (*size)(object *tuple);
    object *(*item)(object *tuple, int64_t k); // a borrowed reference
    double (*to_double)(object *number);
    object *(*from_double)(double number);
    object *(*new_tuple)(int64_t size);
    int32_t (*set_item)(object *tuple, int64_t k, object *thing); // takes a reference
    void (*keep)(object *thing);
    int32_t (*has)(object *set, object *thing);
    int32_t (*of_context)(object *variable, object *otherwise, object **value);
    int64_t (*to_integer)(object *number);
    object *(*from_integer)(int64_t number);
    object *(*attribute)(object *thing, object *name);
    void (*fetch)(object **kind, object **error, object **trace);
    void (*normalize)(object **kind, object **error, object **trace);
    int32_t (*keep_trace)(object *error, object *trace);
    // The thread's own limit, which is that of the context; null until there has been one.
    void *(*own_limit)(uint32_t key);
    int64_t key;
    object *limit, *sync; // the context's, and a callable that makes the thread's the same
    object *ndarray, *float_type, *int_type, *tuple_type, *last; // the last is -1
    object *integers;                                 // the dtype of labels
    object *call_name;                                // the string "__call__"
    object *first, *made;                             // these strings, which steps have,
    object *out, *where, *temperature, *labels;       // and these, as keywords have them
};

// One loop of a ufunc.
struct place {
    _Atomic(loop *) loop; // null until it has been found
    void *data;           // its last argument
    int64_t ndims;        // how many dimensions it has
    int64_t dtype;        // NumPy's number of the dtype that it is for
    int64_t operand;      // the number of an operand that has this dtype
    object *find;         // a Python callable that fills in `loop`
    // Of the first place of a ufunc with checked keywords:
    object *check;        // a callable of a keyword and its value, which may raise an error
    object *quietly;      // makes of a function one whose casts give no floating-point error
    object *explain;      // a callable of an error and the call's arguments: raises it or a better one;
                          // or of the number of arguments by position, where that is wrong
    const struct python *python;
};

// The beginning of NumPy's public PyArrayMethod_Context.
struct context {
    object *ufunc;
    void *method;
    object *const *descriptors;
};

// ---------------------------------------------------------------- objects of NumPy's and Python's
static const char *inside(const object *thing, int64_t bytes) {
    return (const char *)thing + bytes;
}

static struct place **places_of(const object *ufunc) {
    return *(struct place **const *)inside(ufunc, fastact_glue_data);
}

// An object's type is the last word of its head.
static bool is_a(const object *thing, const object *type) {
    return *(object *const *)inside(thing, fastact_glue_head - 8) == type;
}

// The beginning of NumPy's public PyArrayObject, after the head.
struct array {
    char *data;
    int32_t rank;
    const int64_t *dims, *strides;
    object *base, *dtype;
    int32_t flags;
};

static const struct array *array_of(const object *thing) {
    return (const struct array *)inside(thing, fastact_glue_head);
}

// The number of a dtype follows a pointer and four characters of PyArray_Descr.
static int32_t number_of(const object *dtype) {
    return *(const int32_t *)inside(dtype, fastact_glue_head + 12);
}

// The place of a dtype of floats in what is kept by dtype: 0, 1, 2 for float16, float32, float64.
static int64_t kind_of(const object *dtype) {
    int32_t number = number_of(dtype);
    return number == DOUBLE ? 2 : number == SINGLE ? 1 : 0;
}

// Of the four characters the third tells the order of bytes: `=` is that of the machine.
static bool has_native_order(const object *dtype) {
    return *(const uint8_t *)inside(dtype, fastact_glue_head + 10) == '=';
}

static int64_t elements_of(const struct array *a) {
    int64_t elements = 1;
    for (int32_t k = 0; k < a->rank; k++) {
        elements *= a->dims[k];
    }
    return elements;
}

// ---------------------------------------------------------------- the loop that NumPy is given
// The place of the loop for the call's dtypes: the first that matches, or else the last one.
static struct place *place_of_call(const struct context *context) {
    struct place **places = places_of(context->ufunc);
    int32_t last = *(const int32_t *)inside(context->ufunc, fastact_glue_ntypes) - 1;
    for (int32_t k = 0; k < last; k++) {
        if (number_of(context->descriptors[places[k]->operand]) == places[k]->dtype) {
            return places[k];
        }
    }
    return places[last];
}

// Have Python fill in the loop of a place; false if it raises an error.
__attribute__((noinline)) static bool fill_in(const struct place *place) {
    const struct python *python = place->python;
    int32_t state = python->acquire();
    object *answer = python->call(place->find);
    if (answer != NULL) {
        python->forget(answer);
    }
    python->release(state);
    return answer != NULL;
}

// What NumPy calls of every ufunc: goes on to the loop for the dtypes.
int32_t fastact_glue_native(const struct context *context, char **args, const int64_t *dims,
                            const int64_t *steps, void *auxiliary) {
    struct place *place = place_of_call(context);
    loop *run = atomic_load_explicit(&place->loop, memory_order_acquire);
    if (run == NULL) {
        if (!fill_in(place)) {
            return -1;
        }
        run = atomic_load_explicit(&place->loop, memory_order_acquire);
    }
    way *interruptibly = *(way *const *)((const char *)place->data + fastact_glue_way);
    if (interruptibly != NULL) {
        return (int32_t)interruptibly(place->data, run, args, dims, steps, place->ndims);
    }
    run(args, dims, steps, place->data);
    return 0;
}

// The same of a ufunc of two inputs and one output. Where NumPy feeds the output back to an input,
// the loop is called for one element at a time: in `reduce` both are the same element, in
// `accumulate` the input is the output one step before.
int32_t fastact_glue_native_fold(const struct context *context, char **args, const int64_t *dims,
                                 const int64_t *steps, void *auxiliary) {
    int64_t n = dims[0], one = 1;
    bool fed_back = args[0] + steps[0] == args[2] && steps[0] == steps[2];
    if (!fed_back || n <= 1) {
        return fastact_glue_native(context, args, dims, steps, auxiliary);
    }
    ARRAY char *mine[3] = {args[0], args[1], args[2]};
    for (int64_t k = 0; k < n; k++) {
        int32_t answer = fastact_glue_native(context, mine, &one, steps, auxiliary);
        if (answer != 0) {
            return answer;
        }
        for (int operand = 0; operand < 3; operand++) {
            mine[operand] += steps[operand];
        }
    }
    return 0;
}

// ---------------------------------------------------------------- the number of threads
// Make the limit of this thread that of the context, which may be another one than in the call
// before; false if Python raises an error.
static bool limit_threads(const struct python *python) {
    if (python->own_limit == NULL) {
        return true;
    }
    object *value;
    if (python->of_context(python->limit, NULL, &value) != 0) {
        return false;
    }
    int64_t limit = python->to_integer(value);
    python->forget(value);
    if (limit == (int64_t)python->own_limit((uint32_t)python->key)) {
        return true;
    }
    object *answer = python->call(python->sync);
    if (answer != NULL) {
        python->forget(answer);
    }
    return answer != NULL;
}

// ---------------------------------------------------------------- a ufunc whose keywords are checked
// Whether a keyword needs no check and no cast: `out`, an array of the input's dtype.
static bool is_usual(const struct python *python, const object *name, const object *value,
                     object *const *args, int64_t count) {
    return name == python->out && count > 0 && is_a(value, python->ndarray) &&
           is_a(args[0], python->ndarray) && array_of(value)->dtype == array_of(args[0])->dtype;
}

// Raise what `explain` makes of the error that is set and of the call that it is of.
__attribute__((noinline)) static object *explained(const struct place *place, object **args,
                                                   int64_t count, object *names) {
    const struct python *python = place->python;
    int64_t all = count + (names == NULL ? 0 : python->size(names));
    if (all > MOST_ARGUMENTS) {
        return NULL;
    }
    object *kind, *trace;
    ARRAY object *given[1 + MOST_ARGUMENTS];
    python->fetch(&kind, &given[0], &trace);
    python->normalize(&kind, &given[0], &trace);
    if (trace != NULL) {
        python->keep_trace(given[0], trace);
        python->forget(trace);
    }
    for (int64_t k = 0; k < all; k++) {
        given[1 + k] = args[k];
    }
    python->vectorcall(place->explain, given, (size_t)count + 1, names);
    python->forget(given[0]);
    python->forget(kind);
    return NULL;
}

// A function of Python's C API (METH_FASTCALL | METH_KEYWORDS) that calls the ufunc, its `self`.
// Before, `check` sees each keyword that is not usual, as NumPy itself takes where="a"; with any
// such keyword the ufunc is called `quietly`. Where there are not as many arguments by position as
// inputs, as NumPy itself takes outputs there, `explain` gets their number instead of an error.
object *fastact_glue_native_guarded(object *ufunc, object **args, int64_t count, object *names) {
    const struct place *place = places_of(ufunc)[0];
    const struct python *python = place->python;
    if (!limit_threads(python)) {
        return NULL;
    }
    if (count != *(const int32_t *)inside(ufunc, fastact_glue_head)) {
        object *number = python->from_integer(count);
        if (number != NULL) {
            python->vectorcall(place->explain, &number, 1, NULL);
            python->forget(number);
        }
        return NULL;
    }
    bool casts = false;
    int64_t named = names == NULL ? 0 : python->size(names);
    for (int64_t k = 0; k < named; k++) {
        ARRAY object *pair[2] = {python->item(names, k), args[count + k]};
        if (is_usual(python, pair[0], pair[1], args, count)) {
            continue;
        }
        object *answer = python->vectorcall(place->check, pair, 2, NULL);
        if (answer == NULL) {
            return NULL;
        }
        python->forget(answer);
        casts = true;
    }
    object *calm = casts ? python->vectorcall(place->quietly, &ufunc, 1, NULL) : NULL;
    if (casts && calm == NULL) {
        return NULL;
    }
    object *called = casts ? calm : ufunc;
    object *result = python->vectorcall(called, args, (size_t)count, names);
    if (casts) {
        python->forget(calm);
    }
    return result != NULL ? result : explained(place, args, count, names);
}

// ---------------------------------------------------------------- calls that are steps of ufuncs
// A plain call has one of the forms that its function lists, and is the steps of that form. This
// and `struct form` are the items of Python's tuples: `Plain` of ufunc.py and `Form` of glue.py.
struct plain {
    object *ufunc;      // any of the function's: its places know `struct python`
    object *more;       // what is called if the call is not plain
    object *forms;      // a tuple of them
    object *axis;       // a keyword that may be given too, as -1, which changes nothing; or None
    object *owner;      // a tuple: of the object that is the first argument, or empty
    object *positional; // a tuple: keywords that may be given by position, after the array
    object *unshaped;   // a tuple: keywords of arrays of any shape, which steps look at
};

struct form {
    object *keywords; // a plain call gives all of them and no others
    object *sign;     // a temperature becomes the factor sign / temperature
    object *steps;    // each a tuple of a ufunc and its operands
    object *numbers;  // a tuple: those of the keywords that are numbers
    object *obeyed;   // a set of tuples of such numbers, which are known to be right
};

// A call: its array, keywords and their values, what the last step made, and sign / temperature.
struct call {
    const struct python *python;
    object *x, *made, *factor;
    int64_t count; // of keywords
    int64_t kind;  // 0, 1, 2 for float16, float32, float64
    object *names[MOST_KEYWORDS], *values[MOST_KEYWORDS];
};

static const void *items(const object *tuple) {
    return inside(tuple, fastact_glue_tuple);
}

// Put the array into `call`; false if it is none that a plain call may have.
static bool read_array(struct call *call, object *x) {
    if (!is_a(x, call->python->ndarray) || array_of(x)->rank == 0) {
        return false;
    }
    call->x = x;
    const object *dtype = array_of(x)->dtype;
    call->kind = kind_of(dtype);
    return has_native_order(dtype) && (call->kind != 0 || number_of(dtype) == HALF);
}

// Put the arguments into `call`; false if the call cannot be plain.
static bool read_arguments(struct call *call, object **args, int64_t count, object *names,
                           const struct plain *plain) {
    const struct python *python = call->python;
    int64_t first = python->size(plain->owner), most = python->size(plain->positional);
    int64_t after = count - first - 1;
    if (after < 0 || after > most || !read_array(call, args[first])) {
        return false;
    }
    for (int64_t k = 0; k < after; k++) {
        call->names[k] = python->item(plain->positional, k);
        call->values[k] = args[first + 1 + k];
    }
    call->count = after;
    int64_t given = names == NULL ? 0 : python->size(names);
    for (int64_t k = 0; k < given; k++) {
        object *name = python->item(names, k), *value = args[count + k];
        if (name == plain->axis && value == python->last) {
            continue;
        }
        if (call->count == MOST_KEYWORDS) {
            return false;
        }
        call->names[call->count] = name;
        call->values[call->count++] = value;
    }
    return true;
}

// Whether the axes of an array are as long as the first ones of another, which has `more` axes.
static bool begins_as(const struct array *a, const struct array *b, int32_t more) {
    bool same = a->rank + more == b->rank;
    for (int32_t k = 0; same && k < a->rank; k++) {
        same = a->dims[k] == b->dims[k];
    }
    return same;
}

// Whether subnormal numbers are kept and results rounded to nearest: `mode.is_default` in C.
static bool in_default_mode(void) {
    volatile double tiny = 0x1p-1022, half = 0.5, one = 1.0, little = 0x1p-55;
    return tiny * half != 0.0 && one + little == one && one - little == one;
}

static bool contains(const struct python *python, object *tuple, const object *item) {
    bool found = false;
    int64_t size = python->size(tuple);
    for (int64_t k = 0; k < size; k++) {
        found |= python->item(tuple, k) == item;
    }
    return found;
}

// Whether steps take this value of a keyword.
static bool is_plain(const struct call *call, const struct plain *plain, const struct form *form,
                     const object *name, object *value) {
    const struct python *python = call->python;
    if (contains(python, form->numbers, name)) {
        return is_a(value, python->float_type) || is_a(value, python->int_type);
    }
    if (name == python->temperature) {
        if (!is_a(value, python->float_type) || !in_default_mode()) {
            return false;
        }
        double degrees = python->to_double(value);
        return COLD <= degrees && degrees <= HOT;
    }
    if (!is_a(value, python->ndarray)) {
        return false;
    }
    const struct array *x = array_of(call->x), *a = array_of(value);
    if (name == python->where) {
        return number_of(a->dtype) == BOOL && begins_as(a, x, 0) && elements_of(a) <= SMALL;
    }
    if (name == python->labels) {
        return a->dtype == python->integers && begins_as(a, x, 1);
    }
    bool fits = contains(python, plain->unshaped, name) || begins_as(a, x, 0);
    bool takes = name != python->out || (a->flags & WRITEABLE) != 0;
    return a->dtype == x->dtype && fits && takes;
}

// The value that a call gives for a keyword, borrowed; null if it gives none.
static object *value_of(const struct call *call, const object *keyword) {
    object *found = NULL;
    for (int64_t k = 0; k < call->count; k++) {
        if (call->names[k] == keyword) {
            found = call->values[k];
        }
    }
    return found;
}

// Whether the numbers of a call, together, are known to be right.
static bool obeys(const struct call *call, const struct form *form) {
    const struct python *python = call->python;
    int64_t size = python->size(form->numbers);
    if (size == 0) {
        return true;
    }
    object *values = python->new_tuple(size);
    for (int64_t k = 0; values != NULL && k < size; k++) {
        object *value = value_of(call, python->item(form->numbers, k));
        python->keep(value);
        python->set_item(values, k, value);
    }
    if (values == NULL) {
        return false;
    }
    bool found = python->has(form->obeyed, values) == 1;
    python->forget(values);
    return found;
}

// Whether a call has a form.
static bool has_form(const struct call *call, const struct plain *plain,
                     const struct form *form) {
    const struct python *python = call->python;
    bool same = python->size(form->keywords) == call->count;
    for (int64_t k = 0; same && k < call->count; k++) {
        same = value_of(call, python->item(form->keywords, k)) != NULL;
    }
    for (int64_t k = 0; same && k < call->count; k++) {
        same = is_plain(call, plain, form, call->names[k], call->values[k]);
    }
    return same && obeys(call, form);
}

// Whether steps may compute beside loops, as those of functions of several arrays do.
static bool may_compute(const struct call *call, const struct plain *plain) {
    return call->python->size(plain->positional) == 0 || in_default_mode();
}

// What an operand of a step stands for: the strings "first", "made" and keywords for objects of the
// call, a tuple for its item of the call's dtype, and all else for itself. Returns it borrowed.
static object *operand_value(const struct call *call, object *operand) {
    const struct python *python = call->python;
    if (operand == python->first) {
        return call->x;
    }
    if (operand == python->made) {
        return call->made;
    }
    for (int64_t k = 0; k < call->count; k++) {
        if (operand == call->names[k]) {
            return call->values[k];
        }
    }
    return is_a(operand, python->tuple_type) ? python->item(operand, call->kind) : operand;
}

// Put sign / temperature in the place of the temperature, if there is one; false without memory.
static bool make_factor(struct call *call, const struct form *form) {
    const struct python *python = call->python;
    for (int64_t k = 0; k < call->count; k++) {
        if (call->names[k] == python->temperature) {
            double degrees = python->to_double(call->values[k]);
            call->factor = python->from_double(python->to_double(form->sign) / degrees);
            call->values[k] = call->factor;
            return call->factor != NULL;
        }
    }
    return true;
}

// Call the ufunc of a step, and keep its result as `made`; false if it raises an error.
static bool run_step(struct call *call, object *step) {
    const struct python *python = call->python;
    ARRAY object *operands[MOST_OPERANDS];
    int64_t count = python->size(step);
    for (int64_t k = 1; k < count; k++) {
        operands[k - 1] = operand_value(call, python->item(step, k));
    }
    object *result = python->vectorcall(python->item(step, 0), operands, (size_t)count - 1, NULL);
    if (call->made != NULL) {
        python->forget(call->made);
    }
    call->made = result;
    return result != NULL;
}

// Run the steps of a form; return what the last one made, a new reference, or NULL with an error.
static object *run_form(struct call *call, const struct form *form) {
    const struct python *python = call->python;
    if (!make_factor(call, form)) {
        return NULL;
    }
    int64_t steps = python->size(form->steps);
    for (int64_t k = 0; k < steps && run_step(call, python->item(form->steps, k)); k++) {
    }
    if (call->factor != NULL) {
        python->forget(call->factor);
    }
    return call->made;
}

// A function of Python's C API, whose `self` is a tuple with the items of `struct plain`: runs the
// steps of a plain call, and calls `more` with the arguments of any other.
object *fastact_glue_native_plainly(object *self, object **args, int64_t count, object *names) {
    const struct plain *plain = items(self);
    struct call call;
    call.python = places_of(plain->ufunc)[0]->python;
    if (!limit_threads(call.python)) {
        return NULL;
    }
    call.made = call.factor = NULL;
    call.count = 0;
    if (read_arguments(&call, args, count, names, plain) && may_compute(&call, plain)) {
        int64_t forms = call.python->size(plain->forms);
        for (int64_t k = 0; k < forms; k++) {
            const struct form *form = items(call.python->item(plain->forms, k));
            if (has_form(&call, plain, form)) {
                return run_form(&call, form);
            }
        }
    }
    return call.python->vectorcall(plain->more, args, (size_t)count, names);
}

// ---------------------------------------------------------------- objects that are called
// What objects of `Vectorcalled` (vectorcall.py) have behind the head.
struct called {
    void *vectorcall;
    const struct python *python;
    object *function; // null once the garbage collector has cleared the object
};

// A vectorcall function: hands the arguments to what the object holds. That may let go of it.
object *fastact_glue_native_called(object *self, object *const *args, size_t count,
                                   object *names) {
    const struct called *called = (const struct called *)inside(self, fastact_glue_head);
    const struct python *python = called->python;
    object *function = called->function;
    if (function == NULL) {
        return python->attribute(self, python->call_name); // raises the error
    }
    python->keep(function);
    object *result = python->vectorcall(function, args, count, names);
    python->forget(function);
    return result;
}

// ---------------------------------------------------------------- sums and checks of small arrays
// The sum of float64 in the order of `numpy.add.reduce`, which halves what is longer than 128.
static double sum_of(const double *x, int64_t n) {
    if (n > 128) {
        int64_t half = n / 2;
        half -= half % 8;
        return sum_of(x, half) + sum_of(x + half, n - half);
    }
    double sum = 0.0;
    int64_t k = 0;
    if (n >= 8) {
        ARRAY double part[8];
        for (; k < 8; k++) {
            part[k] = x[k];
        }
        for (; k + 8 <= n; k += 8) {
            for (int j = 0; j < 8; j++) {
                part[j] += x[k + j];
            }
        }
        sum = ((part[0] + part[1]) + (part[2] + part[3])) +
              ((part[4] + part[5]) + (part[6] + part[7]));
    }
    for (; k < n; k++) {
        sum += x[k];
    }
    return sum;
}

// A function of Python's C API that calls the ufunc, its `self`, with arrays for all outputs, and
// returns the sum of the first one, which is float64 without gaps.
object *fastact_glue_native_summing(object *ufunc, object **args, int64_t count, object *names) {
    const struct python *python = places_of(ufunc)[0]->python;
    object *answer = python->vectorcall(ufunc, args, (size_t)count, names);
    if (answer == NULL) {
        return NULL;
    }
    python->forget(answer);
    int32_t inputs = *(const int32_t *)inside(ufunc, fastact_glue_head);
    const struct array *made = array_of(args[inputs]);
    return python->from_double(0.0 + sum_of((const double *)made->data, elements_of(made)));
}

// The largest of labels in memory without gaps, seen as unsigned, so that negative ones are largest.
static uint64_t largest_of(const struct array *labels) {
    int64_t n = elements_of(labels);
    uint64_t largest = 0, label;
    for (int64_t k = 0; k < n; k++) {
        __builtin_memcpy(&label, labels->data + 8 * k, sizeof label); // it need not be aligned
        largest = label > largest ? label : largest;
    }
    return largest;
}

// A function of Python's C API, whose `self` is any of our ufuncs: the largest of int64 without
// gaps, seen as unsigned, so that negative ones are the largest.
object *fastact_glue_native_largest(object *ufunc, object **args, int64_t count, object *names) {
    return places_of(ufunc)[0]->python->from_double((double)largest_of(array_of(args[0])));
}

// ---------------------------------------------------------------- losses of small arrays
// A loss of an array and targets, which a ufunc makes of each element or row, in float64, perhaps
// with gradients: `Reduction` of ufunc.py, whose numbers are Python's.
struct reduction {
    object *ufunc;
    object *more;     // what is called instead where this is not so easy
    object *defaults; // a tuple of operands between targets and the factor, each one for each dtype
    object *labelled; // whether targets are labels
    object *divided;  // whether the sum of losses is divided by their number
    object *most;     // elements of the largest array
    object *factor;   // makes the last operand, of the number of losses
    object *types;    // of loss and gradient, by dtype
    object *narrowed; // makes of a loss and the array's dtype a number that is not normal there
    object *none;
};

// A call of a loss: its arrays, how many losses there are, and the number of the dtype.
struct losses {
    const struct reduction *given;
    const struct python *python;
    object **args;
    int64_t count, many, kind;
};

static const ARRAY double LEAST[3] = {0x1p-14, 0x1p-126, 0.0};
static const ARRAY double MOST[3] = {65504.0, 0x1.fffffep127, 0.0};

static bool makes_two(const object *ufunc) {
    return ((const int32_t *)inside(ufunc, fastact_glue_head))[1] == 2;
}

// Whether the losses are few, lie in memory without gaps, and have labels in range, if any.
static bool is_small(const struct losses *call) {
    const struct python *python = call->python;
    const struct array *x = array_of(call->args[0]), *targets = array_of(call->args[1]);
    bool labelled = python->to_integer(call->given->labelled) != 0;
    bool gradient = makes_two(call->given->ufunc) && call->count == 2; // a new array, as x lies
    int32_t lie = targets->flags & (labelled && !gradient ? CONTIGUOUS : x->flags);
    return (lie & CONTIGUOUS) != 0 && targets->rank > 0 && 0 < call->many && call->many <= LOSSES &&
           elements_of(x) <= python->to_integer(call->given->most) &&
           (!labelled || largest_of(targets) < (uint64_t)x->dims[x->rank - 1]);
}

// Call the ufunc; returns what it made, a new reference, or NULL with an error.
static object *compute_losses(const struct losses *call) {
    const struct python *python = call->python;
    ARRAY object *operands[MOST_OPERANDS];
    int64_t between = python->size(call->given->defaults), count = 0;
    object *many = python->from_integer(call->many);
    object *factor = many == NULL ? NULL : python->vectorcall(call->given->factor, &many, 1, NULL);
    if (many != NULL) {
        python->forget(many);
    }
    if (factor == NULL) {
        return NULL;
    }
    operands[count++] = call->args[0];
    operands[count++] = call->args[1];
    for (int64_t k = 0; k < between; k++) {
        operands[count++] = python->item(python->item(call->given->defaults, k), call->kind);
    }
    operands[count++] = factor;
    if (call->count > 2) {
        operands[count++] = call->given->none; // the losses are a new array
        operands[count++] = call->args[2];
    }
    object *made = python->vectorcall(call->given->ufunc, operands, (size_t)count, NULL);
    python->forget(factor);
    return made;
}

// The loss as a number of the array's dtype; a new reference, or NULL with an error.
static object *loss_of(const struct losses *call, const struct array *each) {
    const struct python *python = call->python;
    double sum = 0.0 + sum_of((const double *)each->data, call->many);
    if (python->to_integer(call->given->divided) != 0) {
        sum /= (double)call->many;
    }
    double size = sum < 0.0 ? -sum : sum;
    bool normal = call->kind == 2 || (LEAST[call->kind] < size && size < MOST[call->kind]);
    object *type = normal ? python->item(call->given->types, call->kind) : call->given->narrowed;
    ARRAY object *given[2] = {python->from_double(sum), array_of(call->args[0])->dtype};
    if (given[0] == NULL) {
        return NULL;
    }
    object *loss = python->vectorcall(type, given, normal ? 1 : 2, NULL);
    python->forget(given[0]);
    return loss;
}

// A function of Python's C API, whose `self` is a tuple with the items of `struct reduction`, of an
// array, targets and perhaps an array for the gradient, which are those of a plain call: returns
// the loss, or where the ufunc makes two outputs, the loss and the gradient.
object *fastact_glue_native_reducing(object *self, object **args, int64_t count, object *names) {
    const struct reduction *given = items(self);
    const struct python *python = places_of(given->ufunc)[0]->python;
    struct losses call = {given, python, args, count, elements_of(array_of(args[1])),
                          kind_of(array_of(args[0])->dtype)};
    if (!is_small(&call)) {
        return python->vectorcall(given->more, args, (size_t)count, names);
    }
    object *made = compute_losses(&call);
    if (made == NULL) {
        return NULL;
    }
    bool alone = !makes_two(given->ufunc);
    object *loss = loss_of(&call, array_of(alone ? made : python->item(made, 0)));
    object *answer = alone || loss == NULL ? loss : python->new_tuple(2);
    if (!alone && answer != NULL) {
        python->keep(python->item(made, 1));
        python->set_item(answer, 0, loss);
        python->set_item(answer, 1, python->item(made, 1));
    } else if (!alone && loss != NULL) {
        python->forget(loss);
    }
    python->forget(made);
    return answer;
}

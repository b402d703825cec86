/* SPDX-License-Identifier: MIT
 *
 * The C interface of a compiled flow. A model library exports ONE function, NAME_model, which returns the table below;
 * every other symbol is hidden, so that any number of models can live in one process. The library needs libc and libm
 * only.
 *
 * An instance holds the parameters of one use of the model, already staged, and the memory that its calls need. Calls
 * on one instance must not overlap in time; different instances are independent. Nothing here exits, throws or prints.
 *
 * Data is row-major, [rows][features], in the instance's element type; zero rows are fine. Results do not depend, in
 * any bit, on the number of threads, and those of a row do not depend on the other rows of the call (but see `gradient`).
 *
 * An instance computes on the CPU or on a GPU. Of one on a GPU every pointer to numbers may be to the host's memory or to that GPU's, each
 * for itself. A call returns when its results are there, unless all of them are in the GPU's memory and the instance was given a stream:
 * then when its work is in the stream.
 *
 * A conditional model is given a context for every row, [rows][context]: the numbers of its `context` in the spec, or,
 * where that is a label, one whole number. For other models `context` is NULL.
 */
#ifndef FLOWRT_H
#define FLOWRT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLOWRT_ABI 5

typedef enum flowrt_status {
  FLOWRT_OK = 0,
  FLOWRT_BAD_ARGUMENT = 1,  /* a null pointer or a negative count */
  FLOWRT_NO_DTYPE = 2,      /* the model was not compiled for this element type */
  FLOWRT_NO_MEMORY = 3,     /* the allocation failed */
  FLOWRT_NO_PARAMETERS = 4, /* set_parameters was not called yet */
  FLOWRT_ABI_MISMATCH = 5,  /* the kernels were compiled for another version of the driver */
  FLOWRT_NO_TARGET = 6,     /* the model learns from data, not from a target */
  FLOWRT_NO_CONTEXT = 7,    /* the model is conditional and was given no context */
  FLOWRT_NOT_CONDITIONAL = 8, /* the model was given a context and is not conditional */
  FLOWRT_BAD_LABEL = 9,     /* a label is not a whole number from 0 to labels - 1 */
  FLOWRT_BAD_DEVICE = 10,   /* no name of a device */
  FLOWRT_NO_DEVICE_CODE = 11,   /* the model was compiled for the CPU alone */
  FLOWRT_NO_DRIVER = 12,        /* the machine has no driver for GPUs */
  FLOWRT_OLD_DRIVER = 13,       /* the driver is too old for the model's code */
  FLOWRT_NO_DEVICE = 14,        /* there is no GPU of that number */
  FLOWRT_OLD_DEVICE = 15,       /* the GPU is older than those that the model was compiled for */
  FLOWRT_NO_DEVICE_MEMORY = 16, /* the GPU's memory is too small, or taken */
  FLOWRT_OTHER_DEVICE = 17,     /* a pointer is to another GPU's memory */
  FLOWRT_NOT_ON_DEVICE = 18,    /* the instance computes on the CPU */
  FLOWRT_NO_TRAINING = 19,      /* training was not begun */
  FLOWRT_DEVICE_FAILED = 20     /* the driver reported another failure */
} flowrt_status;

typedef enum flowrt_dtype { FLOWRT_F32 = 0, FLOWRT_F64 = 1 } flowrt_dtype;

typedef struct flowrt_instance flowrt_instance;

/* Runs task(context, i) for every i in [0, count), in any order and on any threads, and returns when all have returned.
 */
typedef void (*flowrt_task)(void *context, int64_t index);
typedef void (*flowrt_parallel_for)(void *host, int64_t count, flowrt_task task, void *context);

/* Training whose parameters, optimizer and data stay on the GPU that an instance computes on. It has parameters of its own: set_parameters
 * and what is computed with them go on beside it. Steps are put into a stream and not awaited: `record` waits. */
typedef enum flowrt_optimizer { FLOWRT_ADAM = 0, FLOWRT_SGD = 1 } flowrt_optimizer;

typedef struct flowrt_training_options {
  int64_t optimizer;                       /* a flowrt_optimizer */
  double momentum;                         /* sgd */
  double beta1, beta2, epsilon;            /* adam */
  double weight_decay;                     /* adam: decoupled from the gradient; sgd: added to it */
  double clip_norm;                        /* the largest norm of a gradient; 0: any */
  double l2;                               /* times half the sum of the parameters' squares is added to the loss */
  double ema;                              /* decay of the averaged parameters; 0: there are none */
  int64_t trained;                         /* the first so many parameters; the others stay as they are */
  const void *follow;                      /* [parameters]: how far each goes towards the statistics of the batch; or NULL */
  int64_t batch;                           /* rows of the largest step: `begin` takes its memory. A larger one takes more */
} flowrt_training_options;

typedef struct flowrt_training_step {
  int64_t number;          /* of the step; the first is 1 */
  double rate;
  const void *x, *context, *weight; /* rows in the host's memory, which may change when the call returns; or x is NULL */
  int64_t first, rows;     /* where x is NULL: rows number first, ..., first + rows - 1 of the order of the data */
  uint64_t noise_seed, first_noise; /* as `set_noise` says */
} flowrt_training_step;

/* Doubles, so that a GPU writes them as they are. */
typedef struct flowrt_training_record {
  double sum;      /* of weight * objective over the rows since it was set, which set_sum does */
  double last_sum; /* of the last step */
  double norm;     /* of its gradient */
  double factor;   /* that the gradient was multiplied with */
  double failed;   /* 1: last_sum or norm is not finite. That step and all behind it change nothing */
  double steps;    /* that went well since `begin` */
} flowrt_training_record;

typedef enum flowrt_training_vector {
  FLOWRT_PARAMETERS = 0,
  FLOWRT_AVERAGED = 1,
  FLOWRT_FIRST_MOMENT = 2, /* of sgd: the velocity */
  FLOWRT_SECOND_MOMENT = 3
} flowrt_training_vector;

typedef struct flowrt_training_api {
  /* Anew, with vectors of zeros, no data and no record. FLOWRT_NOT_ON_DEVICE of an instance on the CPU. */
  flowrt_status (*begin)(flowrt_instance *instance, const flowrt_training_options *options);
  /* [parameters] numbers to and from the GPU, after the steps so far. */
  flowrt_status (*set_vector)(flowrt_instance *instance, flowrt_training_vector vector, const void *values);
  flowrt_status (*get_vector)(flowrt_instance *instance, flowrt_training_vector vector, void *values);
  /* Copies rows, which stay on the GPU; FLOWRT_NO_DEVICE_MEMORY where they take more than half of what is free. `weight` may be NULL.
     With x NULL steps will bring their rows: takes the memory that these pass through. */
  flowrt_status (*set_data)(flowrt_instance *instance, const void *x, const void *context, const void *weight, int64_t rows);
  /* The order of those rows from now on, [rows] places from 0 to rows - 1, which must be set before a step of them. */
  flowrt_status (*set_order)(flowrt_instance *instance, const int64_t *order);
  flowrt_status (*set_sum)(flowrt_instance *instance, double sum);
  flowrt_status (*step)(flowrt_instance *instance, const flowrt_training_step *step);
  flowrt_status (*record)(flowrt_instance *instance, flowrt_training_record *record);
} flowrt_training_api;

typedef struct flowrt_api {
  int64_t abi;          /* FLOWRT_ABI */
  const char *name;     /* of the model */
  const char *manifest; /* JSON, see docs/manifest.md */
  uint32_t dtypes;      /* bit 1 << FLOWRT_F32 and so on: what the model was compiled for */
  int64_t features;     /* columns of the data, and of the latent */
  int64_t parameters;   /* elements of the parameter vector */
  int64_t probes;       /* values that `probe` reports */
  int64_t context;      /* columns of the context; 0 if the model is not conditional */
  int64_t labels;       /* how many labels there are, if the context is one; or else 0 */

  const char *(*status_message)(flowrt_status status);

  /* A new instance, or NULL with the reason in `status` (which may be NULL). `destroy` accepts NULL. */
  flowrt_instance *(*create)(flowrt_dtype dtype, flowrt_status *status);
  void (*destroy)(flowrt_instance *instance);

  /* Copies [parameters] elements and computes all that depends on them alone. Must precede the calls below. */
  flowrt_status (*set_parameters)(flowrt_instance *instance, const void *parameters);

  /* log_prob[rows] of x[rows][features]. */
  flowrt_status (*log_prob)(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *log_prob);

  /* z[rows][features] and log|det dz/dx|[rows]; and the way back, with log|det dx/dz|. `log_det` may be NULL. */
  flowrt_status (*to_latent)(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *z,
                             void *log_det);
  flowrt_status (*to_data)(flowrt_instance *instance, const void *z, const void *context, int64_t rows, void *x,
                           void *log_det);

  /* Samples number first, first + 1, ..., first + count - 1 of the endless stream that belongs to `seed`: the same ones
   * for any split into calls, and in f32 the same as in f64 up to rounding. `context` is that of these samples.
   * `log_prob` may be NULL. */
  flowrt_status (*sample)(flowrt_instance *instance, const void *context, uint64_t seed, uint64_t first, int64_t count,
                          void *x, void *log_prob);

  /* What training raises, objective[rows] of in[rows][features]. Of most models it is log_prob, of rows of data. A model
   * whose manifest has an `objective` makes a sample of each row of uniform numbers inside (0, 1), and the objective is
   * how much larger the sample's log density is under the target than under the model. */
  flowrt_status (*objective)(flowrt_instance *instance, const void *in, const void *context, int64_t rows, void *objective);

  /* The target's log density of each row of x, up to a constant. */
  flowrt_status (*target)(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *log_density);

  /* gradient[parameters] := d(sum over rows of weight * objective) / d(parameters). `weight` NULL means all 1;
   * `objective` (which is not weighted) may be NULL. Frozen parameters have gradient 0. Where a layer takes running statistics
   * (docs/manifest.md), those of these rows, each as often as it weighs, stand in place of the stored ones, in the objective too, and
   * the gradient passes through them; a row's objective then depends on the other rows, and no weight may be negative. Where training
   * estimates log-determinants (the manifest's `estimate`), the objective and the gradient are estimates, by the random numbers that
   * `set_noise` says. */
  flowrt_status (*gradient)(flowrt_instance *instance, const void *in, const void *context, const void *weight, int64_t rows,
                            void *objective, void *gradient);

  /* Writes the statistics of the rows of the last `gradient` into their places of parameters[parameters], and leaves the others alone.
   * Without one since the parameters were set, or with no row that weighs anything, they are the stored ones. */
  flowrt_status (*statistics)(flowrt_instance *instance, void *parameters);

  /* Mean and standard deviation over the rows of each of the [probes] values that data-dependent starts ask for. */
  flowrt_status (*probe)(flowrt_instance *instance, const void *x, const void *context, int64_t rows, void *mean,
                         void *deviation);

  /* Writes the started parameters into their places of parameters[parameters] and leaves the others alone. */
  flowrt_status (*start)(flowrt_instance *instance, const void *mean, const void *deviation, void *parameters);

  /* How many threads calls on this instance use; 0 asks for the default: FLOWC_NUM_THREADS, or else the processors that
   * this process may use. */
  flowrt_status (*set_threads)(flowrt_instance *instance, int64_t threads);
  int64_t (*threads)(const flowrt_instance *instance);

  /* Replaces the library's own threads by the host's; NULL puts the own ones back. */
  flowrt_status (*set_parallel_for)(flowrt_instance *instance, flowrt_parallel_for parallel_for, void *host);

  /* As `create`, on a device: "cpu", "cuda" (its first one) or "cuda:N". */
  flowrt_instance *(*create_on)(flowrt_dtype dtype, const char *device, flowrt_status *status);

  /* What the instance computes on, for people: "cpu", or "cuda:0, " and the GPU's name. */
  const char *(*device)(const flowrt_instance *instance);

  /* The stream (a CUstream or cudaStream_t) of the host program that calls work in from now on; NULL is the driver's default stream. An
   * instance that was given none has streams of its own, which order themselves with that default stream. */
  flowrt_status (*set_stream)(flowrt_instance *instance, void *stream);

  /* The rows of the `gradient` calls that follow take the random numbers first, first + 1, ... of the endless stream that belongs to `seed`,
   * each row its own; where none is set, those from 0 on of seed 0. Of use for models whose training estimates log-determinants. */
  flowrt_status (*set_noise)(flowrt_instance *instance, uint64_t seed, uint64_t first);

  const flowrt_training_api *training;
} flowrt_api;

/* The type of NAME_model. */
typedef const flowrt_api *(*flowrt_model_function)(void);

#ifdef __cplusplus
}
#endif

#endif

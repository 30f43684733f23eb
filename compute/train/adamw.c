// AdamW (Loshchilov and Hutter, Decoupled Weight Decay Regularization, algorithm 2), in the order
// of operations of the reference framework: decay first, then the step lr / (1 - beta1^t) m /
// (sqrt(v / (1 - beta2^t)) + eps).
#include "compute/train/optimizer.h"

#include "compute/i18n.h"

#include <math.h>

#define BETA1   0.9
#define BETA2   0.999
#define EPSILON 1e-8

static void adamw_update(float *value, const float *gradient, float *const *state, int64_t n,
                         int step, double lr, const struct settings *settings)
{
    float *m = state[0], *v = state[1];
    const float keep = (float)(1 - lr * settings_get(settings, "weight_decay"));
    const float rate = (float)(lr / (1 - pow(BETA1, step)));
    const float root = (float)sqrt(1 - pow(BETA2, step));
    const float b1 = 1 - BETA1, b2 = 1 - BETA2, eps = EPSILON;
    for (int64_t i = 0; i < n; i++) {
        const float g = gradient[i];
        m[i] += b1 * (g - m[i]);
        v[i] += b2 * (g * g - v[i]);
        value[i] = keep * value[i] - rate * m[i] / (sqrtf(v[i]) / root + eps);
    }
}

static const struct setting adamw_settings[] = {
    {.key = "weight_decay",
     .title = N_("Weight decay"),
     .help = N_("How strongly what was learned is drawn back to nothing"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1,
     .slider_max = 0.1,
     .def = 0.01},
    {0},
};

extern const struct optimizer_type adamw_optimizer;
const struct optimizer_type adamw_optimizer = {
    .name = "adamw",
    .title = N_("AdamW"),
    .summary = N_("Adaptive steps with decay apart from the gradient"),
    .settings = adamw_settings,
    .slots = 2,
    .update = adamw_update,
};

// Several adapters of different methods on one layer: W' = (U S' V^T) R^T + B A + D, whatever their
// order. Merged, applied in factor space and, with each of them trained on top of the others,
// differentiated, beside the formula computed slowly in double precision.

#include "fixture.h"

#include <math.h>
#include <string.h>

#define LAYER  "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
#define SIDE   16 // of the layer's square weight
#define ROWS   5  // of its input
#define BLOCKS 2
#define BLOCK  (SIDE / BLOCKS)
#define RANK   4

static struct fixture fx;

enum { SVDIFF, OFT, LORA, FULL, METHODS };
static const struct {
    const char *name, *settings;
    double scale;
} methods[METHODS] = {{"svdiff", "subset=2d", 0.8},
                      {"oft", "blocks=2", 1.3},
                      {"lora", "rank=4", 0.7},
                      {"full", "", -0.5}};

// ---- the formula --------------------------------------------------------------------------------

struct matrix {
    double at[SIDE][SIDE];
};

static struct matrix multiply(const struct matrix *a, const struct matrix *b)
{
    struct matrix c = {0};
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            for (int k = 0; k < SIDE; k++) {
                c.at[i][j] += a->at[i][k] * b->at[k][j];
            }
        }
    }
    return c;
}

// Columns p and q of u made orthogonal, with the same turn of v: one step of Jacobi's method.
static void turn_columns(struct matrix *u, struct matrix *v, int p, int q)
{
    double alpha = 0, beta = 0, gamma = 0;
    for (int i = 0; i < SIDE; i++) {
        alpha += u->at[i][p] * u->at[i][p];
        beta += u->at[i][q] * u->at[i][q];
        gamma += u->at[i][p] * u->at[i][q];
    }
    if (fabs(gamma) < 1e-15 * sqrt(alpha * beta)) {
        return;
    }
    const double zeta = (beta - alpha) / (2 * gamma);
    const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    const double c = 1 / sqrt(1 + t * t), s = c * t;
    for (int i = 0; i < SIDE; i++) {
        const double x = u->at[i][p], y = v->at[i][p];
        u->at[i][p] = c * x - s * u->at[i][q];
        u->at[i][q] = s * x + c * u->at[i][q];
        v->at[i][p] = c * y - s * v->at[i][q];
        v->at[i][q] = s * y + c * v->at[i][q];
    }
}

// w = u diag(sigma) v^T, sigma descending.
static void decompose(const struct matrix *w, struct matrix *u, double *sigma, struct matrix *v)
{
    struct matrix columns = *w, right = {0};
    int order[SIDE];
    for (int i = 0; i < SIDE; i++) {
        right.at[i][i] = 1;
    }
    for (int sweep = 0; sweep < 40; sweep++) {
        for (int p = 0; p < SIDE; p++) {
            for (int q = p + 1; q < SIDE; q++) {
                turn_columns(&columns, &right, p, q);
            }
        }
    }
    double length[SIDE] = {0};
    for (int j = 0; j < SIDE; j++) {
        for (int i = 0; i < SIDE; i++) {
            length[j] += columns.at[i][j] * columns.at[i][j];
        }
        length[j] = sqrt(length[j]);
        int at = j;
        for (; at > 0 && length[order[at - 1]] < length[j]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = j;
    }
    for (int j = 0; j < SIDE; j++) {
        sigma[j] = length[order[j]];
        for (int i = 0; i < SIDE; i++) {
            u->at[i][j] = columns.at[i][order[j]] / sigma[j];
            v->at[i][j] = right.at[i][order[j]];
        }
    }
}

// (I + S)^-1 (I - S) of one block, by elimination.
static void cayley(const double *u, double scale, double r[BLOCK][BLOCK])
{
    double a[BLOCK][2 * BLOCK] = {0};
    for (int i = 0, k = 0; i < BLOCK; i++) {
        a[i][i] = a[i][BLOCK + i] = 1;
        for (int j = i + 1; j < BLOCK; j++, k++) {
            a[i][j] = a[j][BLOCK + i] = scale * u[k];
            a[j][i] = a[i][BLOCK + j] = -scale * u[k];
        }
    }
    for (int p = 0; p < BLOCK; p++) {
        const double pivot = a[p][p]; // I + S never has one of zero
        for (int j = 0; j < 2 * BLOCK; j++) {
            a[p][j] /= pivot;
        }
        for (int i = 0; i < BLOCK; i++) {
            const double factor = i == p ? 0 : a[i][p];
            for (int j = 0; j < 2 * BLOCK; j++) {
                a[i][j] -= factor * a[p][j];
            }
        }
    }
    for (int i = 0; i < BLOCK; i++) {
        memcpy(r[i], a[i] + BLOCK, sizeof r[i]);
    }
}

struct problem {
    struct matrix w, u, v;
    double sigma[SIDE];
    double x[ROWS][SIDE], target[ROWS][SIDE];
    double *values[METHODS];
    int counts[METHODS];
};

// W' of the parameters' values.
static struct matrix changed(const struct problem *p)
{
    struct matrix scaled = p->u, transposed, rotation = {0};
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            scaled.at[i][j] *= fmax(p->sigma[j] + methods[SVDIFF].scale * p->values[SVDIFF][j], 0);
            transposed.at[i][j] = p->v.at[j][i];
        }
    }
    for (int b = 0; b < BLOCKS; b++) { // its transpose
        double r[BLOCK][BLOCK];
        cayley(p->values[OFT] + b * BLOCK * (BLOCK - 1) / 2, methods[OFT].scale, r);
        for (int i = 0; i < BLOCK; i++) {
            for (int j = 0; j < BLOCK; j++) {
                rotation.at[b * BLOCK + j][b * BLOCK + i] = r[i][j];
            }
        }
    }
    const struct matrix shifted = multiply(&scaled, &transposed);
    struct matrix w = multiply(&shifted, &rotation);
    const double *a = p->values[LORA], *up = a + RANK * SIDE;
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            for (int k = 0; k < RANK; k++) {
                w.at[i][j] += methods[LORA].scale * up[i * RANK + k] * a[k * SIDE + j];
            }
            w.at[i][j] += methods[FULL].scale * p->values[FULL][i * SIDE + j];
        }
    }
    return w;
}

// Mean of the squares of x W'^T - target.
static double loss_of(const struct problem *p)
{
    const struct matrix w = changed(p);
    double sum = 0;
    for (int r = 0; r < ROWS; r++) {
        for (int o = 0; o < SIDE; o++) {
            double y = 0;
            for (int i = 0; i < SIDE; i++) {
                y += p->x[r][i] * w.at[o][i];
            }
            sum += (y - p->target[r][o]) * (y - p->target[r][o]);
        }
    }
    return sum / (ROWS * SIDE);
}

// ---- the program --------------------------------------------------------------------------------

static struct adapter_param *param_of(const struct adapter *a)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        if (g_str_equal(p->path, LAYER)) {
            return p;
        }
    }
    g_assert_not_reached();
}

static void open_problem(struct problem *p, struct adapter **adapters)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    for (int m = 0; m < METHODS; m++) {
        adapters[m] = fixture_adapter(&fx, methods[m].name, methods[m].settings);
        fixture_randomize(adapters[m], 30 + m, 0.1);
        adapters[m]->scale = methods[m].scale;
        const struct adapter_param *param = param_of(adapters[m]);
        p->counts[m] = param->count;
        p->values[m] = g_new(double, param->count);
        for (int i = 0; i < param->count; i++) {
            p->values[m][i] = param->value[i];
        }
    }
    float weight[SIDE * SIDE];
    g_assert_true(tensor_read(param_of(adapters[0])->weight->tensor, weight, NULL));
    for (int i = 0; i < SIDE * SIDE; i++) {
        p->w.at[i / SIDE][i % SIDE] = weight[i];
    }
    for (int i = 0; i < ROWS * SIDE; i++) {
        p->x[i / SIDE][i % SIDE] = (float)g_rand_double_range(rand, -1, 1);
        p->target[i / SIDE][i % SIDE] = (float)g_rand_double_range(rand, -1, 1);
    }
    decompose(&p->w, &p->u, p->sigma, &p->v);
}

static void close_problem(struct problem *p, struct adapter **adapters)
{
    for (int m = 0; m < METHODS; m++) {
        adapter_free(adapters[m]);
        g_free(p->values[m]);
    }
}

static struct tensor *upload(const double values[ROWS][SIDE])
{
    g_autoptr(GError) error = NULL;
    float data[ROWS * SIDE];
    for (int i = 0; i < ROWS * SIDE; i++) {
        data[i] = (float)values[i / SIDE][i % SIDE];
    }
    struct tensor *t = tensor_new(fx.gpu, DTYPE_F32, (int[]){1, 1, ROWS, SIDE}, "x", &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, data, &error));
    return t;
}

// The loss of the layer with all of them in factor space, and its gradient by the trainable one.
static double run(const struct problem *p, struct adapter *const *adapters, int trainable,
                  float *gradient)
{
    g_autoptr(GError) error = NULL;
    struct tensor *x = upload(p->x), *target = upload(p->target);
    struct adapter_hook *hook = adapter_hook_new(adapters, METHODS, trainable, fx.gpu, &error);
    g_assert_no_error(error);
    struct graph *g = graph_new();
    struct nn_part *unet = nn_part_named(fx.model->parts, MODEL_UNET);
    struct nn nn = {.g = g, .part = unet, .hook = adapter_hook_nn(hook)};
    struct node *y = nn_linear(&nn, graph_leaf(g, x), SIDE, false, LAYER);
    struct node *out[2] = {op_mse(g, y, graph_leaf(g, target))}, *leaf = NULL;
    for (guint i = 0; i < adapters[trainable]->params->len; i++) {
        struct node *found = adapter_hook_leaves(hook)[i];
        leaf = found ? found : leaf;
    }
    g_assert_true(graph_grad(g, out[0], &leaf, 1, out + 1, &error));
    struct program *program = program_new(g, fx.gpu, out, 2, &error);
    g_assert_no_error(error);
    float loss = 0;
    g_assert_true(program_run(program, NULL, &error) &&
                  program_read(program, out[0], &loss, &error) &&
                  program_read(program, out[1], gradient, &error));
    program_free(program);
    graph_free(g);
    adapter_hook_free(hook);
    tensor_free(x);
    tensor_free(target);
    return loss;
}

// ---- tests --------------------------------------------------------------------------------------

static void test_formula(void)
{
    g_autoptr(GError) error = NULL;
    struct problem p;
    struct adapter *a[METHODS];
    open_problem(&p, a);
    const struct matrix expected = changed(&p);
    float reference[SIDE * SIDE], merged[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        reference[i] = (float)expected.at[i / SIDE][i % SIDE];
    }
    struct adapter *const orders[][METHODS] = {{a[0], a[1], a[2], a[3]}, {a[3], a[2], a[1], a[0]}};
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        struct merged_model *m = merged_model_new(fx.model, &error);
        g_assert_true(merged_model_update(m, orders[i], METHODS, NULL, &error));
        g_assert_no_error(error);
        const struct nn_part *unet = nn_part_named(merged_model_parts(m), MODEL_UNET);
        g_assert_true(tensor_read(nn_part_find(unet, LAYER ".weight")->tensor, merged, &error));
        g_test_message("merged differs by %.2g", fixture_distance(merged, reference, SIDE * SIDE));
        g_assert_cmpfloat(fixture_distance(merged, reference, SIDE * SIDE), <, 1e-5);
        merged_model_free(m);
    }
    close_problem(&p, a);
}

// The whole network, which has layers that only some of them change.
static void test_applied(void)
{
    g_autoptr(GError) error = NULL;
    struct problem p;
    struct adapter *a[METHODS];
    open_problem(&p, a);
    int64_t count;
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_assert_true(merged_model_update(m, a, METHODS, NULL, &error));
    g_autofree float *merged =
        fixture_predict(&fx, nn_part_named(merged_model_parts(m), MODEL_UNET), NULL, &count);
    struct adapter_hook *hook = adapter_hook_new(a, METHODS, -1, fx.gpu, &error);
    g_autofree float *applied =
        fixture_predict(&fx, nn_part_named(fx.model->parts, MODEL_UNET), hook, &count);
    g_test_message("merged differs from applied by %.2g", fixture_distance(merged, applied, count));
    g_assert_cmpfloat(fixture_distance(merged, applied, count), <, 1e-5);
    adapter_hook_free(hook);
    merged_model_free(m);
    close_problem(&p, a);
}

static void test_gradient(void)
{
    struct problem p;
    struct adapter *a[METHODS];
    open_problem(&p, a);
    for (int m = 0; m < METHODS; m++) {
        g_autofree float *gradient = g_new(float, p.counts[m]), *slow = g_new(float, p.counts[m]);
        const double loss = run(&p, a, m, gradient), h = 1e-5;
        g_assert_cmpfloat_with_epsilon(loss, loss_of(&p), 1e-5 * loss);
        for (int i = 0; i < p.counts[m]; i++) {
            const double value = p.values[m][i];
            p.values[m][i] = value + h;
            const double above = loss_of(&p);
            p.values[m][i] = value - h;
            slow[i] = (float)((above - loss_of(&p)) / (2 * h));
            p.values[m][i] = value;
        }
        g_test_message("%s: gradient differs by %.2g", methods[m].name,
                       fixture_distance(gradient, slow, p.counts[m]));
        g_assert_cmpfloat(fixture_distance(gradient, slow, p.counts[m]), <, 1e-5);
    }
    close_problem(&p, a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    g_test_add_func("/stack/formula", test_formula);
    g_test_add_func("/stack/applied", test_applied);
    g_test_add_func("/stack/gradient", test_gradient);
    const int failed = g_test_run();
    fixture_close(&fx);
    return failed;
}

// The memory plan: storages that live at the same time never overlap, on random graphs; dead nodes,
// views, constants, segments; and the text forms of a graph.
#include "compute/graph/graph.h"
#include "compute/graph/plan.h"
#include "compute/op/op.h"

#include <glib/gstdio.h>
#include <string.h>

#define SIZE dtype_size(DTYPE_F32) // of an element of these graphs

// Stand-ins for real operations: a plan looks only at the view flag.
static const struct op some = {.name = "some"};
static const struct op view = {.name = "view", .view = true};

static struct node *add(struct graph *g, int n, struct node *a, struct node *b)
{
    struct node *in[] = {a, b};
    return graph_add(g, &some, DTYPE_F32, (int[]){1, 1, 1, n}, in, b ? 2 : 1);
}

static struct node *add_view(struct graph *g, struct node *x, int offset, int n)
{
    struct node *node = graph_add(g, &view, DTYPE_F32, (int[]){1, 1, 1, n}, &x, 1);
    node->p.i[0] = offset;
    return node;
}

static struct node *leaf(struct graph *g, int n)
{
    return graph_leaf_dry(g, (int[]){1, 1, 1, n}, "leaf");
}

// The nodes that are kept, or the others, of a program that is played.
static void play_nodes(const struct graph *g, const struct plan *plan, bool kept, int *writer)
{
    for (int id = 0; id < plan->n_nodes; id++) {
        const struct node *node = graph_nth(g, id);
        const struct place *place = &plan->places[id];
        if (!plan->live[id] || plan->kept[id] != kept) {
            continue;
        }
        for (int i = 0; i < node->n_in; i++) {
            const struct place *from = &plan->places[node->in[i]->id];
            if (from->kind != PLACE_BLOCK) {
                continue;
            }
            for (int64_t k = 0; k < shape_count(node->in[i]->shape); k++) {
                g_assert_cmpint(writer[from->offset / SIZE + k], ==, from->owner->id);
            }
        }
        if (place->kind != PLACE_BLOCK || place->owner != node) {
            continue;
        }
        int64_t count = shape_count(node->shape);
        g_assert_cmpuint(place->offset % PLAN_ALIGN, ==, 0);
        g_assert_cmpuint(place->offset + count * SIZE, <=, plan->bytes);
        if (plan->segment) {
            g_assert_cmpuint(place->offset / plan->segment, ==,
                             (place->offset + count * SIZE - 1) / plan->segment);
        }
        for (int64_t k = 0; k < count; k++) {
            writer[place->offset / SIZE + k] = id;
        }
    }
}

// Plays the program on an array of "who wrote this": every input of every node must still hold what
// its producer wrote, and at the end every output must; also in a second run, which takes over what
// is kept.
static void play(const struct graph *g, const struct plan *plan, struct node *const *outputs,
                 int n_outputs)
{
    g_autofree int *writer = g_new(int, plan->bytes / SIZE + 1);
    memset(writer, -1, (plan->bytes / SIZE + 1) * sizeof *writer);
    play_nodes(g, plan, true, writer);
    play_nodes(g, plan, false, writer);
    play_nodes(g, plan, false, writer);
    for (int i = 0; i < n_outputs; i++) {
        const struct place *place = &plan->places[outputs[i]->id];
        for (int64_t k = 0; place->kind == PLACE_BLOCK && k < shape_count(outputs[i]->shape); k++) {
            g_assert_cmpint(writer[place->offset / SIZE + k], ==, place->owner->id);
        }
    }
}

static struct graph *random_graph(GRand *rand, int size)
{
    struct graph *g = graph_new();
    leaf(g, 100);
    leaf(g, 70)->pace = PACE_SELDOM;
    leaf(g, 30)->pace = PACE_WEIGHTS;
    graph_constant(g, (int[]){1, 1, 1, 50}, 1.5f);
    while (graph_size(g) < size) {
        int n = graph_size(g);
        // Mostly recent inputs, now and then an old one: lifetimes of all lengths.
        int near = g_rand_int_range(rand, MAX(0, n - 6), n), far = g_rand_int_range(rand, 0, n);
        struct node *a = graph_nth(g, near), *b = graph_nth(g, far);
        if (g_rand_int_range(rand, 0, 5) == 0) {
            int count = (int)shape_count(a->shape), offset = g_rand_int_range(rand, 0, count);
            add_view(g, a, offset, g_rand_int_range(rand, 1, count - offset + 1));
        } else {
            add(g, g_rand_int_range(rand, 1, 500), a, g_rand_boolean(rand) ? b : NULL);
        }
    }
    return g;
}

static void test_random(void)
{
    GRand *rand = g_rand_new_with_seed(g_test_rand_int());
    for (int round = 0; round < 300; round++) {
        struct graph *g = random_graph(rand, g_rand_int_range(rand, 3, 120));
        struct node *outputs[3];
        int n = g_rand_int_range(rand, 1, 4);
        for (int i = 0; i < n; i++) {
            outputs[i] = graph_nth(g, g_rand_int_range(rand, 0, graph_size(g)));
        }
        uint64_t segment =
            g_rand_boolean(rand) ? 0 : PLAN_ALIGN * (uint64_t)g_rand_int_range(rand, 8, 40);
        g_autoptr(GError) error = NULL;
        struct plan *plan = plan_new(g, outputs, n, segment, &error);
        g_assert_no_error(error);
        play(g, plan, outputs, n);
        for (int id = 0; id < graph_size(g); id++) { // what is not needed has no place
            g_assert_true(plan->live[id] == (plan->places[id].kind != PLACE_NONE));
        }
        for (int i = 0; i < n; i++) {
            g_assert_true(plan->live[outputs[i]->id]);
        }
        plan_free(plan);
        graph_free(g);
    }
    g_rand_free(rand);
}

// A chain needs room for two neighbours, however long it is.
// What a program of the graph with this output would hold.
static uint64_t planned_bytes(const struct graph *g, struct node *const *output)
{
    struct plan *plan = plan_new(g, output, 1, 0, NULL); // cannot fail without a limit
    const uint64_t bytes = plan->bytes + plan_constant_bytes(g, plan);
    plan_free(plan);
    return bytes;
}

static void test_chain(void)
{
    struct graph *g = graph_new();
    struct node *x = leaf(g, 64);
    for (int i = 0; i < 50; i++) {
        x = add(g, 64, x, NULL);
    }
    g_assert_cmpuint(planned_bytes(g, &x), ==, 2 * 256);
    graph_free(g);
}

static void test_dead_code(void)
{
    struct graph *g = graph_new();
    struct node *x = leaf(g, 64), *y = add(g, 64, x, NULL);
    struct node *unused = add(g, 1 << 20, x, NULL);
    add(g, 1 << 20, unused, y);
    g_assert_cmpuint(planned_bytes(g, &y), ==, 256);
    graph_free(g);
}

static void test_constants_shared(void)
{
    struct graph *g = graph_new();
    struct node *zero = graph_constant(g, (int[]){1, 1, 1, 64}, 0),
                *more = graph_constant(g, (int[]){1, 1, 1, 128}, 0);
    struct node *one = graph_constant(g, (int[]){1, 1, 1, 64}, 1);
    struct node *y = add(g, 64, zero, more), *z = add(g, 64, y, one);
    g_assert_cmpuint(planned_bytes(g, &z), ==, 2 * 256 + 512 + 256);
    graph_free(g);
}

// A view keeps what it looks at alive.
static void test_view_lifetime(void)
{
    struct graph *g = graph_new();
    struct node *a = add(g, 64, leaf(g, 64), NULL);
    struct node *part = add_view(g, a, 32, 32);
    struct node *b = add(g, 64, a, NULL), *c = add(g, 64, b, NULL), *d = add(g, 64, c, part);
    struct plan *plan = plan_new(g, &d, 1, 0, NULL);
    play(g, plan, &d, 1);
    g_assert_cmpuint(plan->places[part->id].offset, ==, plan->places[a->id].offset + 32 * SIZE);
    g_assert_cmpuint(plan->bytes, ==, 3 * 256);
    plan_free(plan);
    graph_free(g);
}

static void test_too_large(void)
{
    g_autoptr(GError) error = NULL;
    struct graph *g = graph_new();
    struct node *y = add(g, 1000, leaf(g, 64), NULL);
    g_assert_null(plan_new(g, &y, 1, 1024, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY);
    graph_free(g);
}

static void test_dump(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("tincture-test-XXXXXX", &error);
    struct graph *g = graph_new();
    struct node *y = add(g, 6, leaf(g, 64), graph_constant(g, (int[]){1, 1, 2, 3}, 1));
    graph_name(g, y, "block.%d \"quoted\"", 3);
    const char *const names[] = {"g.txt", "g.dot"}, *const parts[] = {"(2, 3)", "n1 -> n2;"};
    for (int i = 0; i < 2; i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL), *text = NULL;
        g_assert_true(graph_dump(g, NULL, path, &error));
        g_assert_true(g_file_get_contents(path, &text, NULL, &error));
        g_assert_nonnull(strstr(text, parts[i]));
        g_assert_nonnull(strstr(text, "block.3"));
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    graph_free(g);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/random", test_random);
    g_test_add_func("/plan/chain", test_chain);
    g_test_add_func("/plan/dead-code", test_dead_code);
    g_test_add_func("/plan/constants-shared", test_constants_shared);
    g_test_add_func("/plan/view-lifetime", test_view_lifetime);
    g_test_add_func("/plan/too-large", test_too_large);
    g_test_add_func("/plan/dump", test_dump);
    return g_test_run();
}

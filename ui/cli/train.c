#include "ui/cli/cli.h"

#include <stdio.h>
#include <string.h>

// One setting of the method from its text; error where the method has no such row.
static bool set(const struct adapter_method *method, double *values, const char *key,
                const char *text, GError **error)
{
    const struct param *row = param_find(method->params, key);
    if (!row) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "the method %s has no setting \"%s\"", method->name, key);
        return false;
    }
    return param_parse(row, text, &values[row - method->params], error);
}

static bool settings(const struct cli *c, const struct adapter_method *method, double *values,
                     GError **error)
{
    param_defaults(method->params, values);
    if ((c->subset && !set(method, values, "subset", c->subset, error)) ||
        (c->text_encoder && !set(method, values, "text_encoder", "on", error))) {
        return false;
    }
    for (int i = 0; c->settings && c->settings[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(c->settings[i], "=", 2);
        if (!pair[0] || !pair[1]) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        "--set needs KEY=VALUE, not \"%s\"", c->settings[i]);
            return false;
        }
        if (!set(method, values, pair[0], pair[1], error)) {
            return false;
        }
    }
    return true;
}

static struct adapter *new_adapter(const struct cli *c, GError **error)
{
    const char *name = c->method ? c->method : "svdiff";
    const struct adapter_method *method = adapter_method_find(name);
    if (!method) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "there is no adapter method \"%s\"", name);
        return NULL;
    }
    g_autofree double *values = g_new(double, param_count(method->params) + 1);
    return settings(c, method, values, error) && adapter_save_check(method, c->out, error)
               ? adapter_new(name, c->engine->model, values, error)
               : NULL;
}

struct run_log {
    FILE *file;               // NULL: none is kept
    struct train_report last; // what --json tells
};

static bool step_cb(const struct train_report *report, void *data)
{
    struct run_log *log = data;
    log->last = *report;
    if (log->file) {
        fprintf(log->file, "%d,%.9g,%.9g,%.3f\n", report->step, report->loss, report->grad_norm,
                report->seconds);
    }
    char text[160];
    g_snprintf(text, sizeof text, "step %d of %d, loss %.4f, %.0f s left", report->step,
               report->steps, report->loss_mean, report->seconds_left);
    cli_progress((double)report->step / report->steps, text, NULL);
    return true;
}

static bool train(struct cli *c, struct adapter *adapter, struct photo *const *photos, int n,
                  struct run_log *log, GError **error)
{
    g_autofree struct train_example *examples = g_new0(struct train_example, n);
    for (int i = 0; i < n; i++) {
        examples[i] = (struct train_example){.width = photos[i]->small->width,
                                             .height = photos[i]->small->height,
                                             .rgb = photos[i]->rgb,
                                             .caption = c->prompt};
    }
    struct train_params params = {TRAIN_PARAMS_DEFAULTS};
    params.steps = c->steps != CLI_NOT_GIVEN ? c->steps : params.steps;
    params.lr = c->lr;
    params.batch = c->batch;
    params.seed = (uint64_t)c->seed;
    params.checkpoint_path = c->checkpoint;
    params.checkpoint_every = c->checkpoint ? 10 : 0;
    struct trainer *t = trainer_new(c->engine->model, adapter, examples, n, &params, cli_progress,
                                    NULL, NULL, error);
    bool ok = t && (!c->resume || trainer_resume(t, c->resume, error)) &&
              trainer_run(t, step_cb, log, NULL, error);
    const int done = t ? trainer_step(t) : 0;
    trainer_free(t);
    if (!ok && done > 0 && adapter_save(adapter, c->out, NULL, NULL, NULL, NULL)) {
        g_prefix_error(error, "%s holds what was learned in %d steps; then: ", c->out, done);
    }
    return ok && adapter_save(adapter, c->out, NULL, NULL, NULL, error);
}

static void print_json(const struct cli *c, const struct adapter *a,
                       const struct train_report *last)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "adapter");
    json_builder_add_string_value(b, c->out);
    json_builder_set_member_name(b, "method");
    json_builder_add_string_value(b, a->method->name);
    json_builder_set_member_name(b, "parameters");
    json_builder_add_int_value(b, adapter_count(a));
    json_builder_set_member_name(b, "steps");
    json_builder_add_int_value(b, last->step);
    json_builder_set_member_name(b, "loss");
    json_builder_add_double_value(b, last->loss_mean);
    json_builder_set_member_name(b, "seconds");
    json_builder_add_double_value(b, last->seconds);
    json_builder_end_object(b);
    cli_print_json(b);
}

static bool run(struct cli *c, GError **error)
{
    struct adapter *adapter = cli_engine(c, error) ? new_adapter(c, error) : NULL;
    if (!adapter) {
        return false;
    }
    g_autoptr(GPtrArray) photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_unref);
    struct run_log log = {0};
    bool ok = true;
    for (int i = 0; ok && c->images[i]; i++) {
        struct photo *p = cli_photo(c, c->images[i], error);
        ok = p != NULL;
        if (ok) {
            g_ptr_array_add(photos, p);
        }
    }
    if (ok && c->log && !(log.file = fopen(c->log, "w"))) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s could not be written: %s",
                    c->log, g_strerror(errno));
        ok = false;
    }
    if (log.file) {
        fprintf(log.file, "step,loss,grad_norm,seconds\n");
    }
    ok = ok && train(c, adapter, (struct photo **)photos->pdata, (int)photos->len, &log, error);
    if (log.file && fclose(log.file) != 0 && ok) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s could not be written: %s",
                    c->log, g_strerror(errno));
        ok = false;
    }
    if (ok && c->json) {
        print_json(c, adapter, &log.last);
    }
    adapter_free(adapter);
    return ok;
}

const struct cli_command cli_train = {
    .name = "train",
    .summary = "Learn a photo (or a few of one subject) into an adapter",
    .usage = "",
    .options = (const char *const[]){"model", "device", "images", "prompt", "method", "subset",
                                     "set", "text-encoder", "steps", "lr", "seed", "batch", "size",
                                     "out", "log", "checkpoint", "resume", "json", NULL},
    .needed = (const char *const[]){"images", "prompt", "out", NULL},
    .run = run,
};

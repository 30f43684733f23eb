#include "ui/core/worker.h"

#include <string.h>

struct post {
    struct worker *worker;
    void (*fn)(TinctureSession *session, void *data);
    void *data;
    GDestroyNotify free_data;
};

static gboolean post_cb(gpointer data)
{
    struct post *p = data;
    g_autoptr(TinctureSession) session = g_weak_ref_get(&p->worker->session);
    if (session) {
        p->fn(session, p->data);
    }
    p->free_data(p->data);
    g_free(p);
    return G_SOURCE_REMOVE;
}

void worker_post(struct worker *w, void (*fn)(TinctureSession *session, void *data), void *data,
                 GDestroyNotify free_data)
{
    struct post *p = g_new(struct post, 1);
    *p = (struct post){.worker = w, .fn = fn, .data = data, .free_data = free_data};
    g_idle_add_full(G_PRIORITY_DEFAULT, post_cb, p, NULL);
}

void job_free(struct job *job)
{
    if (job->free) {
        job->free(job);
    }
    g_clear_object(&job->cancel);
    g_clear_error(&job->error);
    g_free(job);
}

static gboolean done_cb(gpointer data)
{
    struct post *p = data;
    struct job *job = p->data;
    g_autoptr(TinctureSession) session = g_weak_ref_get(&p->worker->session);
    job->done(job, session);
    job_free(job);
    g_free(p);
    return G_SOURCE_REMOVE;
}

static void worker_free(struct worker *w)
{
    worker_photo_clear(w);
    g_hash_table_unref(w->adapters); // before the model that they borrow
    engine_free(w->engine);
    g_async_queue_unref(w->queue);
    g_free(w->load_error);
}

static gboolean gone_cb(gpointer data)
{
    struct worker *w = data;
    g_weak_ref_clear(&w->session);
    g_free(w);
    return G_SOURCE_REMOVE;
}

static void post_done(struct worker *w, struct job *job)
{
    struct post *p = g_new(struct post, 1);
    *p = (struct post){.worker = w, .data = job};
    g_idle_add_full(G_PRIORITY_DEFAULT, done_cb, p, NULL);
}

static void prepare_cb(gpointer data, gpointer user_data)
{
    struct job *job = data;
    struct worker *w = user_data;
    if (!g_cancellable_set_error_if_cancelled(job->cancel, &job->error) && job->prepare(job, w)) {
        g_async_queue_push(w->queue, job);
    } else {
        post_done(w, job);
    }
}

static void *thread_main(void *data)
{
    struct worker *w = data;
    struct job *job;
    while ((job = g_async_queue_pop(w->queue))->run) {
        if (!g_cancellable_set_error_if_cancelled(job->cancel, &job->error)) {
            job->run(job, w);
        }
        post_done(w, job);
    }
    job_free(job);
    worker_free(w);
    return NULL;
}

struct worker *worker_new(TinctureSession *session)
{
    struct worker *w = g_new0(struct worker, 1);
    w->queue = g_async_queue_new();
    w->adapters =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)adapter_free);
    g_weak_ref_init(&w->session, session);
    w->reader = g_thread_pool_new(prepare_cb, w, 1, TRUE, NULL);
    w->thread = g_thread_new("engine", thread_main, w);
    return w;
}

void worker_stop(struct worker *w)
{
    g_weak_ref_set(&w->session, NULL);
    g_thread_pool_free(w->reader, FALSE, TRUE);          // what it had is in the queue now
    g_async_queue_push(w->queue, g_new0(struct job, 1)); // a job without run ends the thread
    g_thread_join(w->thread);
    // What the thread has posted until now still comes; the worker goes after it.
    g_idle_add_full(G_PRIORITY_LOW, gone_cb, w, NULL);
}

void worker_submit(struct worker *w, struct job *job)
{
    if (job->prepare) {
        g_thread_pool_push(w->reader, job, NULL);
    } else {
        g_async_queue_push(w->queue, job);
    }
}

struct adapter *worker_adapter(struct worker *w, const char *path, GError **error)
{
    struct adapter *a = g_hash_table_lookup(w->adapters, path);
    if (!a && (a = adapter_load(path, w->engine->model, error))) {
        g_hash_table_insert(w->adapters, g_strdup(path), a);
    }
    return a;
}

void worker_adapter_forget(struct worker *w, const char *path)
{
    g_hash_table_remove(w->adapters, path);
}

void worker_adapter_put(struct worker *w, const char *path, struct adapter *adapter)
{
    g_hash_table_insert(w->adapters, g_strdup(path), adapter);
}

static void request_clear(struct edit_request *q)
{
    g_free((char *)q->prompt);
    g_free((char *)q->source_prompt);
    g_free((char *)q->negative);
    memset(q, 0, sizeof *q);
}

void worker_result_set(struct worker *w, struct edit_result *result,
                       const struct edit_request *request, GArray *adapters)
{
    struct edit_request copy = {0};
    if (request) {
        copy = *request;
        copy.rgb = copy.start_noise = NULL;
        copy.prompt = g_strdup(request->prompt);
        copy.source_prompt = g_strdup(request->source_prompt);
        copy.negative = g_strdup(request->negative);
        copy.sampler = "ddim";
    }
    edit_result_free(w->result);
    request_clear(&w->request);
    g_clear_pointer(&w->result_adapters, g_array_unref);
    w->result = result;
    w->request = copy;
    w->result_adapters = adapters ? g_array_ref(adapters) : NULL;
}

void worker_photo_clear(struct worker *w)
{
    worker_result_set(w, NULL, NULL, NULL);
    g_clear_pointer(&w->photo, photo_unref);
}

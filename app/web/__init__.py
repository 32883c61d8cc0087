"""HTTP beneath the gate and the forms: which paths exist, headers, bodies, error answers.

Nothing here decides who somebody is; that is `app.auth`.
"""

def test_pages(client_as):
    from mingbai.cases import commands
    commands.load_deadlines()
    for who in ("anyone","villager","officer","clerk","discipline","it","town","supervisor","department"):
        c=client_as(who)
        for url in ("/","/r/350525000000","/r/350525000000/shapes","/v/350525101201","/v/350525101201/open","/desk","/desk/cases","/capture/review","/capture/groups","/capture/groups/new","/clues/","/clues/parcels","/login","/phone","/me","/inbox","/about/privacy","/about/accessibility","/mine","/v/350525101201/file","/desk/admin","/nope"):
            try:
                r=c.get(url)
                print(who,url,r.status_code,r.get("Location",""))
            except Exception as e:
                import traceback
                tb=traceback.extract_tb(e.__traceback__)
                fr=[f for f in tb if "mingbai" in f.filename][-1]
                print(who,url,"EXC",type(e).__name__,str(e)[:300],fr.filename.split("main/")[-1],fr.lineno)
